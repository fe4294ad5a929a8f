<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** It may pass: send the order again later, under the same key. The API was unavailable or too slow, or the connection was lost. */
final class TemporaryFailure extends DispatchFailure
{
    /** @param int|null $retryAfter In how many seconds the API wants to see it again, if it said so. */
    public function __construct(
        string $message = 'The API is unavailable',
        ?int $status = null,
        public readonly ?int $retryAfter = null,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, $status, $previous);
    }
}
