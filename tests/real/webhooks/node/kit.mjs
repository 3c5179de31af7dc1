// What the families of signers share: the packages, MACs, and who vouches for a line.
import { createHash, createHmac, generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const folder = resolve(process.argv[2]);
export const require = createRequire(join(folder, 'package.json'));
// Some of the packages are modules of the newer kind only.
export const load = async (name, path) => {
  try {
    return require(name);
  } catch (problem) {
    const found = path ? pathToFileURL(join(folder, 'node_modules', path)).href : name;
    try {
      return await import(found);
    } catch (second) {
      throw new Error(`${problem.message}; ${second.message}`);
    }
  }
};

export const mac = (algorithm, key, text, form) => createHmac(algorithm, key).update(text).digest(form);
export const hash = (text, form) => createHash('sha256').update(text).digest(form);

// Whether a check passes; what throws has failed.
const passes = async (check) => {
  try {
    return (await check()) !== false;
  } catch {
    return false;
  }
};

// The package takes what was signed, and does not take another body with it.
export const vouched = async (message, check) => {
  const other = `${message.text} `;
  let problem = 'it said no';
  try {
    if ((await check(message.text)) === false) throw new Error(problem);
  } catch (thrown) {
    throw new Error(`the package refuses what was signed: ${thrown.message}`);
  }
  if (await passes(() => check(other))) throw new Error('the package takes another body as well');
};

export const ed25519 = (text) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { raw, signature: signWithKey(null, Buffer.from(text), privateKey) };
};

export const seconds = ({ timestamp }) => String(timestamp);
export const milliseconds = ({ timestamp }) => String(timestamp * 1000);
