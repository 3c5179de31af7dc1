// The certified OpenID provider with keys from a file, for the tests.
//
// node op.mjs PORT KEYS_FILE: the file holds a private JWK set; the first key that fits an algorithm
// signs. Rotation is a restart with another file.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, keysFile, modules, publicPort] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const resourceServer = (_ctx, resource) => ({
  scope: 'api:read api:write',
  audience: resource,
  accessTokenFormat: 'jwt',
  accessTokenTTL: 600,
  jwt: { sign: { alg: 'RS256' } },
});

const provider = new Provider(`http://127.0.0.1:${publicPort ?? port}`, {
  jwks: JSON.parse(readFileSync(keysFile, 'utf8')),
  cookies: { keys: ['a key for the cookies of a test'] },
  clients: [
    {
      client_id: 'svc',
      client_secret: 'svc-secret-of-32-characters-long',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'api:read api:write',
    },
    {
      client_id: 'web',
      client_secret: 'web-secret-of-32-characters-long',
      redirect_uris: ['http://127.0.0.1:1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'openid email offline_access',
    },
  ],
  scopes: ['openid', 'email', 'offline_access', 'api:read', 'api:write'],
  claims: { openid: ['sub', 'role', 'tenant_id'], email: ['email'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, role: 'admin', tenant_id: 't-42', email: `${id}@example.test` }),
  }),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: resourceServer,
    },
  },
});

provider.listen(Number(port), '127.0.0.1', () => console.log('the provider listens'));
