<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** What became of an order: SecureDispatch\Receipt, property by property, but one that tests can make. */
final readonly class Result
{
    /**
     * @param string $id The dispatch: a UUIDv7.
     * @param string $idempotencyKey What was sent, or will be, as `Idempotency-Key`.
     * @param 'delivered'|'queued' $state The API took it; or it is kept on disk, in the outbox, and will be sent.
     * @param int|null $status HTTP status of the last answer; null if there was none.
     * @param int $attempts How many times sending it was tried.
     * @param float $elapsedMs How long the call took, in milliseconds.
     * @param list<string> $dropped JSON Pointers of the fields that were not sent.
     * @param array<string, array<string, int>> $changed JSON Pointer => what was changed there before it was sent, and how often.
     * @param string|null $body The body of the answer.
     */
    public function __construct(
        public string $id,
        public string $idempotencyKey,
        public string $state = 'delivered',
        public ?int $status = null,
        public int $attempts = 1,
        public float $elapsedMs = 0.0,
        public array $dropped = [],
        public array $changed = [],
        public ?string $body = null,
    ) {
    }

    public function isDelivered(): bool
    {
        return $this->state === 'delivered';
    }
}
