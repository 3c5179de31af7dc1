// Senders whose secret comes with their first request, and Braintree, which signs a field of a form.
import { createHash } from 'node:crypto';
import { load, mac, vouched } from './kit.mjs';

const PUBLIC_KEY = 'a_public_key';

const braintree = async (secret) => {
  const { BraintreeGateway, Environment } = await load('braintree');
  return new BraintreeGateway({
    environment: Environment.Sandbox,
    merchantId: 'a_merchant',
    publicKey: PUBLIC_KEY,
    privateKey: secret,
  });
};

export const providers = {
  async notion(message) {
    const { signWebhookPayload, verifyWebhookSignature } = await load('@notionhq/client');
    const given = { body: message.text, verificationToken: message.secret };
    const signature = await signWebhookPayload(given);
    await vouched(message, (body) => verifyWebhookSignature({ ...given, body, signature }));
    return { 'x-notion-signature': signature, 'content-type': 'application/json' };
  },

  // Asana's package verifies nothing: this is what its example server computes.
  async asana(message) {
    return { 'x-hook-signature': mac('sha256', message.secret, message.text, 'hex'), 'content-type': 'application/json' };
  },

  // The package makes a notification with a signature, and parses none that it did not sign. Another's pair stands
  // before, as it may.
  async braintree(message) {
    const gateway = await braintree(message.secret);
    const made = await gateway.webhookTesting.sampleNotification('subscription_went_past_due', 'an_id_1001');
    const { bt_signature: signature, bt_payload: payload } = made;
    message.text = payload;
    await vouched(message, async (text) => {
      // A blank is no base64, and would be refused before the signature is looked at.
      const parsed = gateway.webhookNotification.parse(signature, text.replace(' ', 'A'));
      return (await parsed).subscription.id === 'an_id_1001';
    });
    const pairs = `another_key|${createHash('sha1').update('x').digest('hex')}&${signature}`;
    message.body = Buffer.from(new URLSearchParams({ bt_signature: pairs, bt_payload: payload }).toString());
    return { 'content-type': 'application/x-www-form-urlencoded' };
  },

  // What the package answers to the challenge, for the test that holds ours against it.
  async 'braintree-challenge'(message) {
    const gateway = await braintree(message.secret);
    return { answer: gateway.webhookNotification.verify(message.text) };
  },
};
