<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

/** Why an order was not sent: either a TemporaryFailure or a PermanentFailure. The extension's own exception is getPrevious(). */
abstract class DispatchFailure extends \RuntimeException
{
    /** @param int|null $status HTTP status of the answer, if there was one. */
    public function __construct(
        string $message = '',
        public readonly ?int $status = null,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, $status ?? 0, $previous);
    }
}
