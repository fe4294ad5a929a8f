<?php

/**
 * Sends the order on its standard input, and says what became of it.
 *
 *     echo '{"order_id": 17, "status": "paid", "currency": "EUR", "total": "9.90"}' | php examples/plain.php
 *
 * The extension must be loaded, its settings in php.ini. Ends with 0, or with a code of sysexits(3).
 */

declare(strict_types=1);

use SecureDispatch\Exception\ConfigurationException;
use SecureDispatch\Exception\RejectedException;
use SecureDispatch\Exception\TransportException;
use SecureDispatch\Exception\UnavailableException;
use SecureDispatch\Exception\ValidationException;

/** @var array{order_id: int|string, status: string, ...} $order */
$order = json_decode((string) stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);

// The same for each attempt at this order in this state, by which the API knows it again. Never a random one: each attempt would be a new order.
$key = "order-{$order['order_id']}/{$order['status']}";

try {
    $receipt = secure_dispatch_order($order, $key);
    // With an outbox also "queued": it is on disk, and will be sent.
    echo "$key: {$receipt->state->value}\n";
    exit(0);
} catch (UnavailableException $exception) {
    // Without an outbox: it is nowhere but here. Call again later, with the same key.
    fwrite(STDERR, "$key, again in " . ($exception->retryAfter ?? 60) . " s: {$exception->getMessage()}\n");
    exit(75);
} catch (TransportException $exception) {
    // Likewise. The API may have taken it; under the same key it will not take it twice.
    fwrite(STDERR, "$key, again in 60 s: {$exception->getMessage()}\n");
    exit(75);
} catch (ValidationException $exception) {
    // The order is wrong: where, and by which rule of the schema.
    foreach ($exception->violations as [$pointer, $rule]) {
        fwrite(STDERR, "$key: $pointer: $rule\n");
    }
    exit(65);
} catch (RejectedException $exception) {
    fwrite(STDERR, "$key: the API refused it with {$exception->status}\n");
    exit(76);
} catch (ConfigurationException $exception) {
    fwrite(STDERR, "{$exception->getMessage()}\n");
    exit(78);
}
