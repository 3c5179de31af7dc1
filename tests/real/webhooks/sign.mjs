// Signs deliveries with the senders' own packages.
//
//   node sign.mjs FOLDER_OF_PACKAGES < asked > signed
//
// A line of JSON in: { provider, secret, body (base64), url, timestamp (seconds), id }; a line out: the same with
// `headers`, and `url`, `body`, `timestamp` where they are others, `key` where a public key is made for it. Where a
// package only verifies, the documented formula signs, and the package must then take the result and refuse it for
// another body: so it vouches for every line that is written here.
import { createHash, createHmac, generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const folder = resolve(process.argv[2]);
const require = createRequire(join(folder, 'package.json'));
// Some of the packages are modules of the newer kind only.
const load = async (name, path) => {
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

const mac = (algorithm, key, text, form) => createHmac(algorithm, key).update(text).digest(form);
const hash = (text, form) => createHash('sha256').update(text).digest(form);

// Whether a check passes; what throws has failed.
const passes = async (check) => {
  try {
    return (await check()) !== false;
  } catch {
    return false;
  }
};

// The package takes what was signed, and does not take another body with it.
const vouched = async (message, check) => {
  const other = `${message.text} `;
  let problem = 'it said no';
  try {
    if ((await check(message.text)) === false) throw new Error(problem);
  } catch (thrown) {
    throw new Error(`the package refuses what was signed: ${thrown.message}`);
  }
  if (await passes(() => check(other))) throw new Error('the package takes another body as well');
};

const ed25519 = (text) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { raw, signature: signWithKey(null, Buffer.from(text), privateKey) };
};

const seconds = ({ timestamp }) => String(timestamp);
const milliseconds = ({ timestamp }) => String(timestamp * 1000);

// The Standard Webhooks family: the same text, three spellings of the fields.
const standard = (message, names, sign) => {
  const signature = sign(message.id, new Date(message.timestamp * 1000), message.text);
  return { [names[0]]: message.id, [names[1]]: seconds(message), [names[2]]: signature };
};
const WEBHOOK = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

const providers = {
  async github(message) {
    const { sign, verify } = await load('@octokit/webhooks-methods', '@octokit/webhooks-methods/dist-node/index.js');
    const signature = await sign(message.secret, message.text);
    await vouched(message, (body) => verify(message.secret, body, signature));
    return { 'x-hub-signature-256': signature, 'x-github-delivery': message.id };
  },

  async stripe(message) {
    const Stripe = require('stripe');
    const { webhooks } = new Stripe('sk_test_none');
    const { text: payload, secret, timestamp } = message;
    const signature = webhooks.generateTestHeaderString({ payload, secret, timestamp });
    await vouched(message, (body) => webhooks.constructEvent(body, signature, secret));
    return { 'stripe-signature': signature };
  },

  async slack(message) {
    const { isValidSlackRequest } = require(join(folder, 'node_modules/@slack/bolt/dist/receivers/verify-request.js'));
    const time = seconds(message);
    const headers = {
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${mac('sha256', message.secret, `v0:${time}:${message.text}`, 'hex')}`,
    };
    await vouched(message, (body) => isValidSlackRequest({ signingSecret: message.secret, body, headers }));
    return headers;
  },

  async 'standard-webhooks'(message) {
    const { Webhook } = require('standardwebhooks');
    const webhook = new Webhook(message.secret);
    const headers = standard(message, WEBHOOK, webhook.sign.bind(webhook));
    await vouched(message, (body) => webhook.verify(body, headers));
    return headers;
  },

  async svix(message) {
    const { Webhook } = require('svix');
    const webhook = new Webhook(message.secret);
    const names = ['svix-id', 'svix-timestamp', 'svix-signature'];
    const headers = standard(message, names, webhook.sign.bind(webhook));
    await vouched(message, (body) => webhook.verify(body, headers));
    return headers;
  },

  async replicate(message) {
    const { Webhook } = require('standardwebhooks');
    const { validateWebhook } = require('replicate');
    const webhook = new Webhook(message.secret);
    const headers = standard(message, WEBHOOK, webhook.sign.bind(webhook));
    await vouched(message, (body) => validateWebhook({ headers, body }, message.secret));
    return headers;
  },

  async liveblocks(message) {
    const { Webhook } = require('standardwebhooks');
    const { WebhookHandler } = await load('@liveblocks/node');
    const webhook = new Webhook(message.secret);
    const headers = standard(message, WEBHOOK, webhook.sign.bind(webhook));
    const handler = new WebhookHandler(message.secret);
    await vouched(message, (rawBody) => handler.verifyRequest({ headers, rawBody }));
    return headers;
  },

  async shopify(message) {
    require('@shopify/shopify-api/adapters/node');
    const { shopifyApi, ApiVersion, LogSeverity } = require('@shopify/shopify-api');
    const shopify = shopifyApi({
      apiKey: 'none',
      apiSecretKey: message.secret,
      hostName: 'hooks.example.com',
      apiVersion: Object.values(ApiVersion).sort().reverse().find((version) => /^\d/.test(version)),
      isEmbeddedApp: false,
      logger: { level: LogSeverity.Error },
    });
    const headers = {
      'x-shopify-topic': 'orders/create',
      'x-shopify-shop-domain': 'example.myshopify.com',
      'x-shopify-api-version': '2026-01',
      'x-shopify-webhook-id': message.id,
      'x-shopify-event-id': message.id,
      'x-shopify-hmac-sha256': mac('sha256', message.secret, message.body, 'base64'),
    };
    const rawRequest = { method: 'POST', url: '/', headers };
    await vouched(message, async (rawBody) => {
      const { valid, reason } = await shopify.webhooks.validate({ rawBody, rawRequest });
      if (!valid) throw new Error(reason);
    });
    return headers;
  },

  async twilio(message) {
    const twilio = require('twilio');
    const parameters = Object.fromEntries(new URLSearchParams(message.text));
    const signature = twilio.getExpectedTwilioSignature(message.secret, message.url, parameters);
    await vouched(message, (body) => {
      const given = Object.fromEntries(new URLSearchParams(body));
      return twilio.validateRequest(message.secret, signature, message.url, given);
    });
    return { 'x-twilio-signature': signature, 'content-type': 'application/x-www-form-urlencoded' };
  },

  // A body that is no form: its digest stands in the address, which is signed.
  async 'twilio-json'(message) {
    const twilio = require('twilio');
    const { getExpectedBodyHash } = require('twilio/lib/webhooks/webhooks');
    const url = `${message.url}?bodySHA256=${getExpectedBodyHash(message.text)}`;
    const signature = twilio.getExpectedTwilioSignature(message.secret, url, {});
    await vouched(message, (body) => twilio.validateRequestWithBody(message.secret, signature, url, body));
    message.url = url;
    return { 'x-twilio-signature': signature, 'content-type': 'application/json' };
  },

  async sendgrid(message) {
    const { EventWebhook } = require('@sendgrid/eventwebhook');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const time = seconds(message);
    const signature = signWithKey('sha256', Buffer.from(time + message.text), privateKey).toString('base64');
    message.key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const checker = new EventWebhook();
    const key = checker.convertPublicKeyToECDSA(message.key);
    await vouched(message, (body) => checker.verifySignature(key, body, signature, time));
    return {
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': time,
    };
  },

  async discord(message) {
    const { verifyKey } = require('discord-interactions');
    const time = seconds(message);
    const { raw, signature } = ed25519(time + message.text);
    message.key = raw.toString('hex');
    const text = signature.toString('hex');
    await vouched(message, (body) => verifyKey(body, text, time, message.key));
    return { 'x-signature-ed25519': text, 'x-signature-timestamp': time };
  },

  async telnyx(message) {
    const { TelnyxWebhook } = require('telnyx/lib/webhooks');
    const time = seconds(message);
    const { raw, signature } = ed25519(`${time}|${message.text}`);
    message.key = raw.toString('base64');
    const headers = { 'telnyx-signature-ed25519': signature.toString('base64'), 'telnyx-timestamp': time };
    const webhook = new TelnyxWebhook(message.key);
    await vouched(message, (body) => webhook.verify(body, headers));
    return headers;
  },

  async square(message) {
    const { WebhooksHelper } = require('square');
    const signature = mac('sha256', message.secret, message.url + message.text, 'base64');
    await vouched(message, (requestBody) =>
      WebhooksHelper.verifySignature({
        requestBody,
        signatureHeader: signature,
        signatureKey: message.secret,
        notificationUrl: message.url,
      }));
    return { 'x-square-hmacsha256-signature': signature };
  },

  async linear(message) {
    const { LinearWebhookClient } = await load('@linear/sdk/webhooks');
    const client = new LinearWebhookClient(message.secret);
    const signature = mac('sha256', message.secret, message.body, 'hex');
    const time = JSON.parse(message.text).webhookTimestamp;
    await vouched(message, (body) => client.verify(Buffer.from(body), signature, time));
    return { 'linear-signature': signature };
  },

  async adyen(message) {
    const { hmacValidator: Validator } = require('@adyen/api-library');
    const validator = new Validator();
    const sent = JSON.parse(message.text);
    const item = sent.notificationItems[0].NotificationRequestItem;
    item.additionalData = { ...item.additionalData, hmacSignature: validator.calculateHmac(item, message.secret) };
    if (!validator.validateHMAC(item, message.secret)) throw new Error('the package refuses what was signed');
    message.body = Buffer.from(JSON.stringify(sent));
    return {};
  },

  async 'adyen-platform'(message) {
    const { hmacValidator: Validator } = require('@adyen/api-library');
    const validator = new Validator();
    const signature = validator.calculateHmac(message.text, message.secret);
    await vouched(message, (body) => validator.validateHMACSignature(message.secret, signature, body));
    return { hmacsignature: signature };
  },

  async line(message) {
    const { validateSignature } = require('@line/bot-sdk');
    const signature = mac('sha256', message.secret, message.body, 'base64');
    await vouched(message, (body) => validateSignature(body, message.secret, signature));
    return { 'x-line-signature': signature };
  },

  async pusher(message) {
    const Pusher = require('pusher');
    const app = new Pusher({ appId: '1', key: 'key-of-ours', secret: message.secret, cluster: 'eu' });
    const headers = {
      'x-pusher-key': 'key-of-ours',
      'x-pusher-signature': mac('sha256', message.secret, message.body, 'hex'),
      'content-type': 'application/json',
    };
    await vouched(message, (rawBody) => app.webhook({ headers, rawBody }).isValid());
    return headers;
  },

  async paddle(message) {
    const { Paddle } = require('@paddle/paddle-node-sdk');
    const { webhooks } = new Paddle('none');
    // It takes what is at most five seconds old.
    message.timestamp = Math.floor(Date.now() / 1000);
    const time = seconds(message);
    const signature = `ts=${time};h1=${mac('sha256', message.secret, `${time}:${message.text}`, 'hex')}`;
    await vouched(message, (body) => webhooks.isSignatureValid(body, message.secret, signature));
    return { 'paddle-signature': signature };
  },

  async 'hubspot-v1'(message) {
    const signature = await hubspot(message, 'v1');
    return { 'x-hubspot-signature': signature, 'x-hubspot-signature-version': 'v1' };
  },
  async 'hubspot-v2'(message) {
    const signature = await hubspot(message, 'v2');
    return { 'x-hubspot-signature': signature, 'x-hubspot-signature-version': 'v2' };
  },
  async 'hubspot-v3'(message) {
    const signature = await hubspot(message, 'v3');
    return { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': milliseconds(message) };
  },

  async workos(message) {
    const { WorkOS } = require('@workos-inc/node');
    const { webhooks } = new WorkOS('sk_test_none');
    const time = milliseconds(message);
    const signature = mac('sha256', message.secret, `${time}.${message.text}`, 'hex');
    const sigHeader = `t=${time}, v1=${signature}`;
    await vouched(message, (payload) => webhooks.verifyHeader({ payload, sigHeader, secret: message.secret }));
    return { 'workos-signature': sigHeader };
  },

  async mux(message) {
    const Mux = require('@mux/mux-node');
    const { webhooks } = new (Mux.default ?? Mux)({ tokenId: 'none', tokenSecret: 'none', webhookSecret: 'none' });
    const time = seconds(message);
    const headers = {
      'mux-signature': `t=${time},v1=${mac('sha256', message.secret, `${time}.${message.text}`, 'hex')}`,
    };
    await vouched(message, (body) => webhooks.verifySignature(body, headers, message.secret));
    return headers;
  },

  async sanity(message) {
    const { encodeSignatureHeader, isValidSignature } = await load('@sanity/webhook');
    const signature = await encodeSignatureHeader(message.text, message.timestamp * 1000, message.secret);
    await vouched(message, (body) => isValidSignature(body, signature, message.secret));
    return { 'sanity-webhook-signature': signature };
  },

  async 'kontent-ai'(message) {
    const { signatureHelper } = require('@kontent-ai/webhook-helper');
    const signature = signatureHelper.getHashFromString(message.text, message.secret);
    await vouched(message, (body) => signatureHelper.isValidSignatureFromString(body, message.secret, signature));
    return { 'x-kontent-ai-signature': signature };
  },

  async razorpay(message) {
    const Razorpay = require('razorpay');
    const signature = mac('sha256', message.secret, message.body, 'hex');
    await vouched(message, (body) => Razorpay.validateWebhookSignature(body, signature, message.secret));
    return { 'x-razorpay-signature': signature, 'x-razorpay-event-id': message.id };
  },

  async gocardless(message) {
    const { verifySignature } = require('gocardless-nodejs/webhooks');
    const signature = mac('sha256', message.secret, message.body, 'hex');
    await vouched(message, (body) => verifySignature(body, message.secret, signature));
    return { 'webhook-signature': signature };
  },

  async 'coinbase-commerce'(message) {
    const { Webhook } = require('coinbase-commerce-node');
    const signature = Webhook.computeSignature(message.text, message.secret);
    await vouched(message, (body) => Webhook.verifySigHeader(body, signature, message.secret));
    return { 'x-cc-webhook-signature': signature };
  },

  // Not Twitch's own package, but the one that most use.
  async twitch(message) {
    const { EventSubMiddleware } = require('@twurple/eventsub-http');
    const time = new Date(message.timestamp * 1000).toISOString();
    const signature = `sha256=${mac('sha256', message.secret, message.id + time + message.text, 'hex')}`;
    const check = EventSubMiddleware.prototype._verifyData.bind({ _secret: message.secret });
    await vouched(message, (body) => check(message.id, time, body, signature));
    return {
      'twitch-eventsub-message-id': message.id,
      'twitch-eventsub-message-timestamp': time,
      'twitch-eventsub-message-signature': signature,
    };
  },

  async livekit(message) {
    const { AccessToken, WebhookReceiver } = await load('livekit-server-sdk');
    const token = new AccessToken('key-of-ours', message.secret, { ttl: 300 });
    token.sha256 = hash(message.body, 'base64');
    const text = await token.toJwt();
    const receiver = new WebhookReceiver('key-of-ours', message.secret);
    await vouched(message, (body) => receiver.receive(body, text));
    return { authorization: text, 'content-type': 'application/webhook+json' };
  },

  async qstash(message) {
    const { Receiver } = require('@upstash/qstash');
    const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: 'Upstash',
      sub: message.url,
      exp: message.timestamp + 300,
      nbf: message.timestamp,
      iat: message.timestamp,
      jti: `jwt_${message.id}`,
      body: hash(message.body, 'base64url'),
    };
    const unsigned = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
    const signature = `${unsigned}.${mac('sha256', message.secret, unsigned, 'base64url')}`;
    const receiver = new Receiver({ currentSigningKey: message.secret, nextSigningKey: 'none' });
    await vouched(message, (body) => receiver.verify({ signature, body, url: message.url, clockTolerance: 5 }));
    return { 'upstash-signature': signature };
  },

  async contentful(message) {
    const { signRequest, verifyRequest } = require('@contentful/node-apps-toolkit');
    const { pathname, search } = new URL(message.url);
    const headers = { 'content-type': 'application/json', 'x-contentful-topic': 'Entry.publish' };
    const request = { method: 'POST', path: pathname + search, headers, body: message.text };
    Object.assign(headers, signRequest(message.secret, request, message.timestamp * 1000));
    await vouched(message, (body) => verifyRequest(message.secret, { ...request, headers, body }, 300));
    return headers;
  },

  async rfc9421(message) {
    const { httpbis } = require('http-message-signatures');
    const headers = {
      'content-type': 'application/json',
      'content-digest': `sha-256=:${hash(message.body, 'base64')}:`,
    };
    const request = { method: 'POST', url: message.url, headers };
    const fields = ['@method', '@target-uri', 'content-digest'];
    const key = { id: 'key-of-ours', alg: 'hmac-sha256', sign: async (data) => mac('sha256', message.secret, data) };
    const created = new Date(message.timestamp * 1000);
    const signed = await httpbis.signMessage({ key, name: 'sig1', fields, paramValues: { created } }, request);
    const keyLookup = async () => ({
      algs: ['hmac-sha256'],
      verify: async (data, signature) => mac('sha256', message.secret, data).equals(signature),
    });
    if (!(await httpbis.verifyMessage({ keyLookup }, signed))) throw new Error('the package refuses what was signed');
    return signed.headers;
  },
};

async function hubspot(message, signatureVersion) {
  const { Signature } = require('@hubspot/api-client/lib/src/utils/signature.js');
  const options = {
    signatureVersion,
    method: 'POST',
    clientSecret: message.secret,
    requestBody: message.text,
    url: message.url,
    timestamp: message.timestamp * 1000,
  };
  const signature = Signature.getSignature('POST', signatureVersion, options);
  await vouched(message, (requestBody) => Signature.isValid({ ...options, requestBody, signature }));
  return signature;
}

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
