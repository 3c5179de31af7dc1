// Senders that sign the body alone.
import { require, load, mac, vouched } from './kit.mjs';
import { byNuxt } from './nuxt.mjs';

export const providers = {
  async github(message) {
    const { sign, verify } = await load('@octokit/webhooks-methods', '@octokit/webhooks-methods/dist-node/index.js');
    const signature = await sign(message.secret, message.text);
    await vouched(message, (body) => verify(message.secret, body, signature));
    return { 'x-hub-signature-256': signature, 'x-github-delivery': message.id };
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

  async linear(message) {
    const { LinearWebhookClient } = await load('@linear/sdk/webhooks');
    const client = new LinearWebhookClient(message.secret);
    const signature = mac('sha256', message.secret, message.body, 'hex');
    const time = JSON.parse(message.text).webhookTimestamp;
    await vouched(message, (body) => client.verify(Buffer.from(body), signature, time));
    return { 'linear-signature': signature };
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

  async meta(message) {
    const settings = { appSecret: message.secret };
    const validator = { file: 'meta', check: 'isValidMetaWebhook', provider: 'meta', settings };
    return byNuxt(message, validator, { 'x-hub-signature-256': `sha256=${sha256(message, 'hex')}` });
  },

  async dropbox(message) {
    const settings = { appSecret: message.secret };
    const validator = { file: 'dropbox', check: 'isValidDropboxWebhook', provider: 'dropbox', settings };
    return byNuxt(message, validator, { 'x-dropbox-signature': sha256(message, 'hex') });
  },

  async bitbucket(message) {
    const validator = withKey(message, 'bitbucket', 'isValidBitbucketWebhook');
    return byNuxt(message, validator, { 'x-hub-signature': `sha256=${sha256(message, 'hex')}` });
  },

  async 'cal-com'(message) {
    const validator = { ...withKey(message, 'calcom', 'isValidCalcomWebhook'), file: 'calcom.post' };
    return byNuxt(message, validator, { 'x-cal-signature-256': sha256(message, 'hex') });
  },

  // The account has three keys; that of ours is the second.
  async docusign(message) {
    return byNuxt(message, withKey(message, 'docusign', 'isValidDocusignWebhook'), {
      'x-authorization-digest': 'HMACSHA256',
      'x-docusign-signature-1': mac('sha256', 'key-of-another', message.body, 'base64'),
      'x-docusign-signature-2': sha256(message, 'base64'),
      'x-docusign-signature-3': mac('sha256', 'key-of-a-third', message.body, 'base64'),
    });
  },

  async heroku(message) {
    const validator = withKey(message, 'heroku', 'isValidHerokuWebhook');
    return byNuxt(message, validator, { 'heroku-webhook-hmac-sha256': sha256(message, 'base64') });
  },

  async fourthwall(message) {
    const validator = withKey(message, 'fourthwall', 'isValidFourthwallWebhook');
    return byNuxt(message, validator, { 'x-fourthwall-hmac-sha256': sha256(message, 'base64') });
  },

  async vercel(message) {
    const validator = withKey(message, 'vercel', 'isValidVercelWebhook');
    const signature = mac('sha1', message.secret, message.body, 'hex');
    return byNuxt(message, validator, { 'x-vercel-signature': signature });
  },

  async woocommerce(message) {
    return byTern(message, 'woocommerce', { 'x-wc-webhook-signature': sha256(message, 'base64') });
  },

  async 'lemon-squeezy'(message) {
    return byTern(message, 'lemonsqueezy', { 'x-signature': sha256(message, 'hex') });
  },

  async 'modern-treasury'(message) {
    const { ModernTreasury } = require('modern-treasury');
    const { webhooks } = new ModernTreasury({ apiKey: 'none', organizationID: 'none', webhookKey: message.secret });
    const headers = { 'x-signature': webhooks.getSignature(message.text) };
    await vouched(message, (body) => webhooks.validateSignature(body, headers));
    return headers;
  },

  async doppler(message) {
    return byTern(message, 'doppler', { 'x-doppler-signature': `sha256=${sha256(message, 'hex')}` });
  },
};

const sha256 = ({ secret, body }, form) => mac('sha256', secret, body, form);
const withKey = ({ secret }, name, check) => ({ file: name, check, provider: name, settings: { secretKey: secret } });

// Not right for every sender that it knows (it has SHA-256 for Vercel and a dot for Grafana): for these it is.
async function byTern(message, platform, headers) {
  const { WebhookVerificationService } = require('@hookflo/tern');
  await vouched(message, async (body) => {
    const request = new Request(message.url, { method: 'POST', headers, body });
    const { isValid } = await WebhookVerificationService.verifyWithPlatformConfig(request, platform, message.secret);
    return isValid;
  });
  return headers;
}
