<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** It does not pass by itself: somebody has to correct the order, the key or the settings; then send it again, under the same key. */
final class PermanentFailure extends DispatchFailure
{
    /** @param list<array{string, string}> $violations JSON Pointer and rule of what does not fit the schema; never a value. */
    public function __construct(
        string $message = 'The order was refused',
        ?int $status = null,
        public readonly array $violations = [],
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, $status, $previous);
    }
}
