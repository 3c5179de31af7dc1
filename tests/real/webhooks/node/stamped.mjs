// Senders that sign a time with the body, Standard Webhooks among them.
import { join } from 'node:path';
import { folder, require, load, mac, vouched, seconds, milliseconds } from './kit.mjs';

// The Standard Webhooks family: the same text, three spellings of the fields.
const standard = (message, names, sign) => {
  const signature = sign(message.id, new Date(message.timestamp * 1000), message.text);
  return { [names[0]]: message.id, [names[1]]: seconds(message), [names[2]]: signature };
};
const WEBHOOK = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

export const providers = {
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

  // Not Twitch's own package, but the one that most use.
  async twitch(message) {
    const { EventSubMiddleware } = require('@twurple/eventsub-http');
    // To the nanosecond, as Twitch writes it.
    const time = new Date(message.timestamp * 1000).toISOString().replace('000Z', '123456789Z');
    const signature = `sha256=${mac('sha256', message.secret, message.id + time + message.text, 'hex')}`;
    const check = EventSubMiddleware.prototype._verifyData.bind({ _secret: message.secret });
    await vouched(message, (body) => check(message.id, time, body, signature));
    return {
      'twitch-eventsub-message-id': message.id,
      'twitch-eventsub-message-timestamp': time,
      'twitch-eventsub-message-signature': signature,
    };
  },

  async resend(message) {
    const { Webhook } = require('standardwebhooks');
    const { Resend } = require('resend');
    const webhook = new Webhook(message.secret);
    const names = ['svix-id', 'svix-timestamp', 'svix-signature'];
    const headers = standard(message, names, webhook.sign.bind(webhook));
    const [id, timestamp, signature] = names.map((name) => headers[name]);
    const { webhooks } = new Resend('re_none');
    const { secret: webhookSecret } = message;
    await vouched(message, (payload) => webhooks.verify({ payload, headers: { id, timestamp, signature }, webhookSecret }));
    return headers;
  },

  async dodo(message) {
    const { Webhook } = require('standardwebhooks');
    const Dodo = require('dodopayments');
    const webhook = new Webhook(message.secret);
    const headers = standard(message, WEBHOOK, webhook.sign.bind(webhook));
    const { webhooks } = new (Dodo.default ?? Dodo)({ bearerToken: 'none', webhookKey: message.secret });
    await vouched(message, (body) => webhooks.unwrap(body, { headers }));
    return headers;
  },

  async webflow(message) {
    const { WebflowClient } = require('webflow-api');
    const { webhooks } = new WebflowClient({ accessToken: 'none' });
    const time = milliseconds(message);
    const headers = {
      'x-webflow-timestamp': time,
      'x-webflow-signature': mac('sha256', message.secret, `${time}:${message.text}`, 'hex'),
    };
    await vouched(message, (body) => webhooks.verifySignature({ headers, body, secret: message.secret }));
    return headers;
  },

  async metronome(message) {
    const Metronome = require('@metronome/sdk');
    const { webhooks } = new (Metronome.default ?? Metronome)({ bearerToken: 'none', webhookSecret: message.secret });
    const date = new Date(message.timestamp * 1000).toUTCString();
    const headers = {
      'x-metronome-date': date,
      'metronome-webhook-signature': webhooks.signPayload(message.text, { date, secret: message.secret }),
    };
    await vouched(message, (body) => webhooks.unwrap(body, headers));
    return headers;
  },

  // The package prints the body again before it looks: a blank more at its end is lost on it, another digit is not.
  async zoom(message) {
    const { AwsLambdaReceiver } = await load('@zoom/rivet/marketplace');
    const receive = new AwsLambdaReceiver({ webhooksSecretToken: message.secret }).start();
    const time = seconds(message);
    const headers = {
      'x-zm-request-timestamp': time,
      'x-zm-signature': `v0=${mac('sha256', message.secret, `v0:${time}:${message.text}`, 'hex')}`,
    };
    const { debug } = console;
    console.debug = () => {};
    await vouched(message, async (body) => {
      const { statusCode } = await receive({ body: body.replace('12}} ', '13}}'), headers });
      return statusCode === 200;
    });
    console.debug = debug;
    return headers;
  },
};
