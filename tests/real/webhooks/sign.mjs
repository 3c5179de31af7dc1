// Signs deliveries with the senders' own packages.
//
//   node sign.mjs FOLDER_OF_PACKAGES < asked > signed
//
// A line of JSON in: { provider, secret, body (base64), url, timestamp (seconds), id }; a line out: the same with
// `headers`, and `url`, `body`, `timestamp` where they are others, `key` where a public key is made for it. Where a
// package only verifies, the documented formula signs, and the package must then take the result and refuse it for
// another body: so it vouches for every line that is written here. Where no package was found the documented formula
// stands alone, and the preset says so (`# Proof: documentation`).
//
// Each family of senders has its file beside, in `node/`.
import { createInterface } from 'node:readline';

import { providers as body } from './node/body.mjs';
import { providers as stamped } from './node/stamped.mjs';
import { providers as others } from './node/others.mjs';
import { providers as enrol } from './node/enrol.mjs';

const providers = { ...body, ...stamped, ...others, ...enrol };

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  message.body = Buffer.from(message.body, 'base64');
  message.text = message.body.toString('utf8');
  let answer;
  try {
    const headers = await providers[message.provider](message);
    const { provider, key, url, body, timestamp } = message;
    answer = { provider, key, url, timestamp, body: body.toString('base64'), headers };
  } catch (problem) {
    answer = { provider: message.provider, error: String(problem.message ?? problem) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
