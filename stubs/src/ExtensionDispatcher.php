<?php

declare(strict_types=1);

namespace SecureDispatch\Dispatcher;

use SecureDispatch\Exception\ConfigurationException;
use SecureDispatch\Exception\RejectedException;
use SecureDispatch\Exception\TransportException;
use SecureDispatch\Exception\UnavailableException;
use SecureDispatch\Exception\ValidationException;

/** Has the extension send orders: it is the only one who can, as it alone has the key. */
final readonly class ExtensionDispatcher implements DispatcherInterface
{
    /** @throws \LogicException The extension is not loaded: better told when the app is put together than when an order comes. */
    public function __construct()
    {
        if (!\extension_loaded('secure_dispatch')) {
            throw new \LogicException('The PHP extension secure_dispatch is not loaded. In tests, use RecordingDispatcher.');
        }
    }

    public function dispatch(#[\SensitiveParameter] array $order, #[\SensitiveParameter] string $idempotencyKey): Result
    {
        try {
            $receipt = \secure_dispatch_order($order, $idempotencyKey);
        } catch (UnavailableException $exception) {
            throw new TemporaryFailure($exception->getMessage(), $exception->status, $exception->retryAfter, $exception);
        } catch (TransportException $exception) {
            throw new TemporaryFailure($exception->getMessage(), previous: $exception);
        } catch (RejectedException $exception) {
            throw new PermanentFailure($exception->getMessage(), $exception->status, previous: $exception);
        } catch (ValidationException $exception) {
            throw new PermanentFailure($exception->getMessage(), violations: $exception->violations, previous: $exception);
        } catch (ConfigurationException $exception) {
            throw new PermanentFailure($exception->getMessage(), previous: $exception);
        }

        return new Result(
            $receipt->id,
            $receipt->idempotencyKey,
            $receipt->state->value,
            $receipt->status,
            $receipt->attempts,
            $receipt->elapsedMs,
            $receipt->dropped,
            $receipt->changed,
            $receipt->body,
        );
    }
}
