// Nuxt Webhook Validators (npm), by none of the senders: what a Nuxt server would give them is given here.
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { folder, vouched } from './kit.mjs';

// `#imports` is made by Nuxt when it builds a site; the validators take their secrets through it.
const settings = 'export const useRuntimeConfig = () => globalThis.nuxtSettings;';
const hooks = `
  const settings = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(settings)});
  export const resolve = (name, context, next) =>
    name === '#imports' ? { url: settings, shortCircuit: true } : next(name, context);
`;
let prepared = false;

const validator = async (name, check) => {
  if (!prepared) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  prepared = true;
  const path = `nuxt-webhook-validators/dist/runtime/server/lib/validators/${name}.js`;
  const found = await import(pathToFileURL(join(folder, 'node_modules', path)).href);
  return found[check];
};

// Lets a validator vouch for what was signed. `settings` are its own, such as `{ secretKey }`.
export const byNuxt = async (message, { file, check, provider, settings: own }, headers) => {
  const validate = await validator(file, check);
  globalThis.nuxtSettings = { webhook: { [provider]: own } };
  await vouched(message, (body) => validate({ method: 'POST', node: { req: { headers, body } } }));
  return headers;
};
