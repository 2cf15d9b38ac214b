import { createExternalProvider } from '#kafka/flowx/notification-external.ts';
import { KafkaTrouble } from '#kafka/trouble.ts';
import { describeProvider, type Scene } from '#providers/provider.contract.ts';
import type { OutboundMessage } from '#service/provider-port.ts';

const message: OutboundMessage = {
  ...{ deliveryId: 'dl_1', verificationId: 'vf_1', applicationId: 'app_1', channel: 'sms' },
  ...{ destination: '+14155550123', country: 'US', sender: 'ACME', subject: null },
  ...{ text: '135790 is your code', html: null, parts: 1, language: 'en', code: '135790' },
  isPossibleDuplicate: false,
};

/** What the brokers do in each scene; `server/test/kafka/notification.test.ts` has real ones. */
describeProvider('a topic that SMS are forwarded to', async (scene: Scene) => {
  const asked = Promise.withResolvers<void>();
  const provider = createExternalProvider({
    topic: 'sms',
    openProducer: async () => ({
      async ensureTopic() {
        if (scene === 'nobody-there') throw new KafkaTrouble('unreachable', 'No broker.', null);
      },
      async send() {
        asked.resolve();
        if (scene === 'silent') await new Promise(() => {});
        if (scene === 'refuses') throw new KafkaTrouble('record_refused', 'Too large.', null);
      },
      async close() {},
    }),
  });
  return { provider, message, secrets: [], asked: asked.promise, end: async () => {} };
});
