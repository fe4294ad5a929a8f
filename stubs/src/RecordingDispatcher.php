<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** For tests: sends nothing, remembers what it was given, fails when it is told to. Needs no extension. */
final class RecordingDispatcher implements DispatcherInterface
{
    /** @var list<array{array<array-key, mixed>, string}> */
    private array $calls = [];

    /** @var list<DispatchFailure> */
    private array $failures = [];

    /** @param 'delivered'|'queued' $state What its results say. */
    public function __construct(private readonly string $state = 'delivered')
    {
    }

    /** The next calls fail so, one after the other; those after them succeed. */
    public function failNext(DispatchFailure ...$failures): void
    {
        \array_push($this->failures, ...\array_values($failures));
    }

    public function dispatch(#[\SensitiveParameter] array $order, #[\SensitiveParameter] string $idempotencyKey): Result
    {
        // What would only be found in production otherwise: spaces, umlauts, an empty or an endless key.
        if (\preg_match('/^[\x21-\x7e]{1,255}\z/', $idempotencyKey) !== 1) {
            throw new PermanentFailure('The idempotency key cannot be sent', violations: [['', 'idempotency_key']]);
        }
        $this->calls[] = [$order, $idempotencyKey];
        $failure = \array_shift($this->failures);
        if ($failure !== null) {
            throw $failure;
        }

        $id = \sprintf('00000000-0000-7000-8000-%012d', \count($this->calls));

        return $this->state === 'delivered'
            ? new Result($id, $idempotencyKey, status: 201)
            : new Result($id, $idempotencyKey, 'queued', attempts: 0);
    }

    /** @return list<array{array<array-key, mixed>, string}> Each call's order and key, failed ones too. */
    public function calls(): array
    {
        return $this->calls;
    }

    /** @return list<string> Each call's key, failed ones too: attempts at one order have the same. */
    public function keys(): array
    {
        return \array_column($this->calls, 1);
    }
}
