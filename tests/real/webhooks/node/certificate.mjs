// A throw-away key of RSA with its certificate (RFC 5280), as senders publish them: Node makes keys, and no certificates.
import { generateKeyPairSync, sign } from 'node:crypto';

const length = (size) => {
  if (size < 128) return [size];
  const bytes = [];
  for (let rest = size; rest > 0; rest >>= 8) bytes.unshift(rest & 255);
  return [128 | bytes.length, ...bytes];
};

// An element of DER: tag, length, value.
const element = (tag, ...parts) => {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([tag, ...length(value.length)]), value]);
};
const sequence = (...parts) => element(0x30, ...parts);

// sha256WithRSAEncryption (RFC 8017 appendix C), and the attribute commonName.
const ALGORITHM = sequence(element(6, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b]), element(5));
const COMMON_NAME = element(6, [0x55, 4, 3]);

const time = (seconds) => {
  const text = new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
  return element(0x17, text.slice(2));
};

// A key, and its certificate in PEM, which counts from a day before a moment to a day after it.
export const minted = (moment) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, 'hooks.example.com'))));
  const content = sequence(
    element(0xa0, element(2, [2])),
    element(2, [1]),
    ALGORITHM,
    name,
    sequence(time(moment - 86400), time(moment + 86400)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  );
  const signature = sign('sha256', content, privateKey);
  const der = sequence(content, ALGORITHM, element(3, [0], signature));
  const lines = der.toString('base64').match(/.{1,64}/g);
  const certificate = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  return { key: privateKey, certificate };
};
