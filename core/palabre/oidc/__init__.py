"""Coming in by an identity provider: OpenID Connect with PKCE, several providers by settings."""
