<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** Sends orders: what an app asks for, so that its tests can give it a RecordingDispatcher. */
interface DispatcherInterface
{
    /**
     * Sends an order, or sees to it that it will be sent.
     *
     * @param array<array-key, mixed> $order As secure_dispatch_order() takes it.
     * @param string $idempotencyKey 1 to 255 visible ASCII characters, the same for every attempt at this order in this state, such as
     *     "order-17/paid". It has no default: an attempt under a key of its own is another order to the API.
     *
     * @throws TemporaryFailure Call again later, with the same order and the same key. With an outbox it comes only if that
     *     cannot be used.
     * @throws PermanentFailure The same call would fail again, until somebody corrects order, key or settings.
     */
    public function dispatch(array $order, string $idempotencyKey): Result;
}
