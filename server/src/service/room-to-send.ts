import type { ComposedDelivery } from '#service/compose-messages.ts';
import type { ServiceContext } from '#service/context.ts';
import type { Caller } from '#service/service.ts';

/**
 * Thrown to a caller that waits (`waitsForRoom`), before anything is kept or charged: the same will
 * work when the provider has taken some of what waits for it.
 */
export class NoRoomToSend extends Error {
  override readonly name = 'NoRoomToSend';
}

/** Others are served all the same: beyond the bound their messages wait in storage. */
export function needRoom(
  { dispatcher }: Pick<ServiceContext, 'dispatcher'>,
  { waitsForRoom }: Caller,
  deliveries: readonly ComposedDelivery[],
): void {
  if (waitsForRoom !== true) return;
  const full = deliveries.find(({ provider }) => !dispatcher.hasRoom(provider));
  if (full === undefined) return;
  throw new NoRoomToSend(`Many messages wait for the provider ${full.provider.name}.`);
}
