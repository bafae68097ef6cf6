"""How people prove who they are: first and second factors, and how long a proof is fresh."""
