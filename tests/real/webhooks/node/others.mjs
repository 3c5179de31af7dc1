// Senders that sign addresses and fields, with keys of their own, or with a token that holds a digest.
import { constants, createSecretKey, generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { require, load, mac, hash, vouched, ed25519, seconds, milliseconds } from './kit.mjs';
import { minted } from './certificate.mjs';

let certificates = 0;

export const providers = {
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

  // With escapes in the address: HubSpot's page decodes some of them, its package none.
  async 'hubspot-v3-escaped'(message) {
    message.url += '?a=%3Ab%2Fc&d=%20%C3%A4&e=%28%2a%29';
    return providers['hubspot-v3'](message);
  },

  async 'hubspot-v3-decoded'(message) {
    const url = `${message.url}?a=%3Ab%2Fc&d=%20%C3%A4&e=%28%2a%29`;
    message.url += '?a=:b/c&d=%20%C3%A4&e=(*)';
    const headers = await providers['hubspot-v3'](message);
    message.url = url;
    return headers;
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

  async messagebird(message) {
    const { verify } = require('messagebird/lib/webhook-signature-jwt');
    const claims = {
      iss: 'MessageBird',
      nbf: message.timestamp,
      exp: message.timestamp + 60,
      jti: message.id,
      url_hash: hash(message.url, 'hex'),
      payload_hash: hash(message.body, 'hex'),
    };
    const text = token(claims, message.secret);
    const key = createSecretKey(Buffer.from(message.secret));
    await vouched(message, (body) => verify(message.url, Buffer.from(body), text, key));
    return { 'messagebird-signature-jwt': text };
  },

  async 'messagebird-legacy'(message) {
    const signatures = require('messagebird/lib/signature');
    message.url += '?status=delivered&id=1&id_2=x';
    const query = Object.fromEntries(new URL(message.url).searchParams);
    const headers = { 'messagebird-request-timestamp': seconds(message) };
    const request = (body) => ({ headers, query, body });
    const signature = signatures.generate(request(message.text), message.secret);
    headers['messagebird-signature'] = signature.toString('base64');
    await vouched(message, (body) => signatures.validate(request(body), message.secret));
    return headers;
  },

  async vonage(message) {
    const { verifySignature } = require('@vonage/jwt');
    const claims = {
      iat: message.timestamp,
      jti: message.id,
      iss: 'Vonage',
      payload_hash: hash(message.body, 'hex'),
      api_key: 'a1b2c3d',
      application_id: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
    };
    const text = token(claims, message.secret);
    // The package knows nothing of the digest: that is the receiver's, as the documentation says.
    await vouched(message, (body) => verifySignature(text, message.secret) && hash(body, 'hex') === claims.payload_hash);
    return { authorization: `Bearer ${text}`, 'content-type': 'application/json' };
  },

  async netlify(message) {
    const { verify } = require('jsonwebtoken');
    const text = token({ iss: 'netlify', sha256: hash(message.body, 'hex') }, message.secret);
    const options = { issuer: 'netlify', algorithms: ['HS256'] };
    await vouched(message, (body) => verify(text, message.secret, options).sha256 === hash(body, 'hex'));
    return { 'x-webhook-signature': text };
  },

  async fusionauth(message) {
    const { verify } = require('jsonwebtoken');
    const text = token({ request_body_sha256: hash(message.body, 'base64') }, message.secret);
    const options = { algorithms: ['HS256'] };
    const digest = () => verify(text, message.secret, options).request_body_sha256;
    await vouched(message, (body) => digest() === hash(body, 'base64'));
    return { 'x-fusionauth-signature-jwt': text };
  },

  async 'mercado-pago'(message) {
    const { WebhookSignatureValidator } = require('mercadopago');
    message.url += '?data.id=ORD01JQ4S4KY8&type=order';
    const request = { xRequestId: 'd4e5f6a7', dataId: 'ord01jq4s4ky8', secret: message.secret };
    const time = milliseconds(message);
    const manifest = `id:${request.dataId};request-id:${request.xRequestId};ts:${time};`;
    const xSignature = `ts=${time},v1=${mac('sha256', message.secret, manifest, 'hex')}`;
    WebhookSignatureValidator.validate({ ...request, xSignature });
    return { 'x-signature': xSignature, 'x-request-id': request.xRequestId };
  },

  async plivo(message) {
    const { validateV3Signature } = require('plivo');
    const nonce = '12345678901234567890';
    const fields = [...new URLSearchParams(message.text)].sort().map((field) => field.join(''));
    const signature = mac('sha256', message.secret, `${message.url}?${fields.join('')}.${nonce}`, 'base64');
    await vouched(message, (body) => {
      const given = Object.fromEntries(new URLSearchParams(body));
      return validateV3Signature('POST', message.url, nonce, message.secret, signature, given);
    });
    return {
      'x-plivo-signature-v3': signature,
      'x-plivo-signature-v3-nonce': nonce,
      'content-type': 'application/x-www-form-urlencoded',
    };
  },

  // From here to `splunk-on-call` nothing was found that could be run: the formula is that of the documentation.
  async vipps(message) {
    const { host, pathname, search } = new URL(message.url);
    const headers = {
      'x-ms-date': new Date(message.timestamp * 1000).toUTCString(),
      'x-ms-content-sha256': hash(message.body, 'base64'),
    };
    const signed = [headers['x-ms-date'], host, headers['x-ms-content-sha256']].join(';');
    const signature = mac('sha256', message.secret, `POST\n${pathname}${search}\n${signed}`, 'base64');
    const named = 'SignedHeaders=x-ms-date;host;x-ms-content-sha256';
    return { ...headers, authorization: `HMAC-SHA256 ${named}&Signature=${signature}` };
  },

  async wise(message) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    message.key = publicKey.export({ format: 'pem', type: 'spki' });
    const signature = signWithKey('sha256', message.body, privateKey).toString('base64');
    return { 'x-signature-sha256': signature, 'x-delivery-id': message.id };
  },

  async trello(message) {
    const signature = mac('sha1', message.secret, message.text + message.url, 'base64');
    return { 'x-trello-webhook': signature };
  },

  async 'splunk-on-call'(message) {
    const fields = [...new URLSearchParams(message.text)].sort().map((field) => field.join(''));
    const signature = mac('sha1', message.secret, message.url + fields.join(''), 'base64');
    return { 'x-victorops-signature': signature, 'content-type': 'application/x-www-form-urlencoded' };
  },

  // Signed with a throw-away key; AWS's own validator finds its certificate where SNS has the real one.
  async 'aws-sns'(message) {
    const SNS = require('sns-validator');
    const { key, certificate } = minted(message.timestamp);
    const sent = JSON.parse(message.text);
    sent.Timestamp = new Date(message.timestamp * 1000).toISOString();
    // The validator remembers what it has fetched by its address.
    sent.SigningCertURL = `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${certificates++}.pem`;
    const confirms = sent.Type !== 'Notification';
    const names = confirms
      ? ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
    const lines = names.filter((name) => name in sent).map((name) => `${name}\n${sent[name]}\n`);
    const algorithm = sent.SignatureVersion === '1' ? 'sha1' : 'sha256';
    sent.Signature = signWithKey(algorithm, Buffer.from(lines.join('')), key).toString('base64');
    message.key = certificate;
    message.body = Buffer.from(JSON.stringify(sent));
    const check = (given) => validated(new SNS(), JSON.parse(given), certificate);
    await vouched({ text: message.body.toString() }, async (body) => {
      // Its other text is this one with a space, which is no other message.
      const given = body.endsWith(' ') ? body.replace('12}', '13}') : body;
      return check(given);
    });
    return {
      'x-amz-sns-message-type': sent.Type,
      'x-amz-sns-message-id': sent.MessageId,
      'x-amz-sns-topic-arn': sent.TopicArn,
      'content-type': 'text/plain; charset=UTF-8',
    };
  },

  // Other algorithms than a shared secret's, each with a key of its own.
  'rfc9421-ed25519': (message) => messageSignature(message, 'ed25519', generateKeyPairSync('ed25519')),
  'rfc9421-ecdsa-p256': (message) =>
    messageSignature(message, 'ecdsa-p256-sha256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' })),
  'rfc9421-ecdsa-p384': (message) =>
    messageSignature(message, 'ecdsa-p384-sha384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' })),
  'rfc9421-rsa-pss': (message) =>
    messageSignature(message, 'rsa-pss-sha512', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  'rfc9421-rsa-v1_5': (message) =>
    messageSignature(message, 'rsa-v1_5-sha256', generateKeyPairSync('rsa', { modulusLength: 2048 })),

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

// A compact JWT (RFC 7519) under a shared secret.
function token(claims, secret) {
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${unsigned}.${mac('sha256', secret, unsigned, 'base64url')}`;
}

// What the validator says of a message, with a certificate of ours at every address.
function validated(validator, message, certificate) {
  const https = require('https');
  const { get } = https;
  https.get = (_, answered) => {
    const on = (name, act) => {
      if (name === 'data') act(certificate);
      if (name === 'end') act();
      return { on };
    };
    answered({ statusCode: 200, on });
    return { on: () => {} };
  };
  return new Promise((resolve, reject) => {
    validator.validate(message, (problem) => (problem ? reject(problem) : resolve(true)));
  }).finally(() => {
    https.get = get;
  });
}

async function messageSignature(message, alg, { publicKey, privateKey }) {
  const { createSigner, createVerifier, httpbis } = require('http-message-signatures');
  const headers = {
    'content-type': 'application/json',
    'content-digest': `sha-256=:${hash(message.body, 'base64')}:`,
  };
  const request = { method: 'POST', url: message.url, headers };
  const key = createSigner(privateKey, alg);
  // The package makes the salt as long as it can be; RFC 9421 section 3.3.1 has 64 bytes.
  const salted = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
  if (alg === 'rsa-pss-sha512') key.sign = async (data) => signWithKey('sha512', data, salted);
  const fields = ['@method', '@target-uri', '@authority', '@path', '@query', 'content-type', 'content-digest'];
  const created = new Date(message.timestamp * 1000);
  const signed = await httpbis.signMessage({ key, name: 'sig1', fields, paramValues: { created } }, request);
  const keyLookup = async () => ({ algs: [alg], verify: createVerifier(publicKey, alg) });
  if (!(await httpbis.verifyMessage({ keyLookup }, signed))) throw new Error('the package refuses what was signed');
  message.key = publicKey.export({ format: 'pem', type: 'spki' });
  return signed.headers;
}

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
