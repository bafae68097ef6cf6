// Two real identity providers (npm's oidc-provider) for the tests, told what to be by one argument:
//   {"port": 1234, "site": "http://127.0.0.1:8000"}
// http://localhost:1234 is the one, http://127.0.0.1:1234 the other: browsers keep them apart.
// Whoever gives a name is signed in under it: "anna@exemple.fr" with a checked address,
// "anna@exemple.fr unchecked" with one that nobody checked.
import http from 'node:http';
import * as crypto from 'node:crypto';
import { Provider } from 'oidc-provider';

const { port, site } = JSON.parse(process.argv[2]);
const key = (type, options, alg) => ({
  ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
});

const account = (login) => {
  const [email, mark] = login.split(' ');
  return {
    accountId: login,
    claims: () => ({
      sub: `sub of ${login}`,
      email,
      email_verified: mark !== 'unchecked',
      given_name: 'Anna',
      usual_name: 'DUPONT',
      family_name: 'Dupont',
      siret: '13002526500013',
    }),
  };
};

const client = (name, more) => ({
  client_id: name,
  client_secret: `the secret of ${name}`,
  redirect_uris: [`${site}/connexion/avec/${name}/retour`],
  post_logout_redirect_uris: [`${site}/deconnexion`],
  ...more,
});

const provider = (host, one) => new Provider(`http://${host}:${port}`, {
  clients: [one],
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
    ],
  },
  acrValues: ['eidas1', 'eidas2'],
  scopes: ['openid', 'email', 'profile', 'given_name', 'usual_name', 'siret'],
  claims: {
    acr: null,
    email: ['email', 'email_verified'],
    profile: ['given_name', 'family_name'],
    given_name: ['given_name'],
    usual_name: ['usual_name'],
    siret: ['siret'],
  },
  features: {
    devInteractions: { enabled: false },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>Leave</title>${form}
          <button form="op.logoutForm" name="logout" value="yes">Leave</button>`;
      },
    },
  },
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  findAccount: (ctx, login) => account(login),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope(ctx.oidc.params.scope);
    await grant.save();
    return grant;
  },
  interactions: { url: (ctx, interaction) => `/who/${interaction.uid}` },
});

const providers = {
  localhost: provider('localhost', client('atelier', {})),
  // As ProConnect: everything signed, claims only in userinfo, the secret in the body.
  '127.0.0.1': provider('127.0.0.1', client('proconnect', {
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'ES256',
  })),
};

const form = `<!doctype html><title>Who?</title><form method="post">
  <label>Name <input name="login"></label><button>Go on</button></form>`;

const server = http.createServer(async (request, response) => {
  const asked = providers[request.headers.host.split(':')[0]];
  if (!request.url.startsWith('/who/')) {
    asked.callback()(request, response);
    return;
  }
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html').end(form);
    return;
  }
  let body = '';
  for await (const piece of request) body += piece;
  const login = new URLSearchParams(body).get('login');
  const result = login
    ? { login: { accountId: login, acr: 'eidas1', amr: ['pwd'] } }
    : { error: 'access_denied', error_description: 'went away' };
  await asked.interactionFinished(request, response, result);
});
server.listen(port, '127.0.0.1', () => console.log('ready'));
