<?php

// Made by `make stubs` from extension secure_dispatch 0.1.0: for IDEs and analysers, never loaded by PHP.

namespace {

    /**
     * Sends an order, as JSON, to the endpoint in `secure_dispatch.endpoint`, and waits for the answer.
     *
     * A JSON Schema (`secure_dispatch.schema_file`, or the built-in one) says what may leave; the rest is dropped. Texts are cleaned of control
     * and invisible characters and of HTML, card numbers are masked.
     *
     * Arrays are sent as JSON arrays if they are lists, else as objects. JsonSerializable objects, dates (RFC 3339), backed enums and
     * objects with a public `get_data(): array` (WooCommerce's) are converted; any other object is refused. Arrays may be nested 64 deep,
     * the order being the first. Nothing of the order is in any message or in our own frame of a stack trace.
     *
     * An order is sent at most once a call, but for one case: when a kept connection turns out to have ended before any byte of an
     * answer came, it is sent again, under the same key, on a new connection.
     *
     * @param array<array-key, mixed> $order The order.
     * @param string|null $idempotency_key What the API is to know this order by, 1 to 255 visible ASCII characters; the dispatch's own id
     *     if null. After a TransportException, TimeoutException or UnavailableException call again with the same order and the same key.
     * @return \SecureDispatch\Receipt The API took the order: it answered 2xx.
     * @throws \SecureDispatch\Exception\ConfigurationException
     * @throws \SecureDispatch\Exception\ValidationException
     * @throws \SecureDispatch\Exception\TransportException
     * @throws \SecureDispatch\Exception\TimeoutException
     * @throws \SecureDispatch\Exception\RejectedException
     * @throws \SecureDispatch\Exception\UnavailableException
     */
    function secure_dispatch_order(#[\SensitiveParameter] array $order, #[\SensitiveParameter] ?string $idempotency_key = null): \SecureDispatch\Receipt {}

    /**
     * What is going on: nothing secret, nothing personal.
     *
     * @return array{version: string, endpoint_host: string|null, key_source: string|null, problems: list<string>,
     *     custody: array<string, array{holds: bool, what: string, faults: list<string>}>} Version of the extension; host of the endpoint;
     *     where the key came from; what is wrong with the settings, empty if nothing; each protection of the key, whether it holds in this
     *     process, and if not, why and what to do (empty where nothing is set).
     */
    function secure_dispatch_status(): array {}

}

namespace SecureDispatch {

    /** What became of an order. */
    enum State: string
    {
        /** The API took it. */
        case Delivered = 'delivered';

        /** It is kept, and will be sent. */
        case Queued = 'queued';
    }

    /** What became of an order. Only the extension makes one. */
    final readonly class Receipt
    {
        /** This dispatch: a UUIDv7. */
        public string $id;

        /** What was sent as `Idempotency-Key`. */
        public string $idempotencyKey;

        public \SecureDispatch\State $state;

        /** HTTP status of the answer; null if there was none. */
        public ?int $status;

        /** How many times the order was sent. */
        public int $attempts;

        /** How long the call took, in milliseconds. */
        public float $elapsedMs;

        /** @var list<string> JSON Pointers of the fields that were not sent, since the schema does not name them; the first 1000. */
        public array $dropped;

        /**
         * @var array<string, array<string, int>> JSON Pointer => what was changed there before it was sent, and how often: controls, invisible,
         *     newlines, markup, nfc, trimmed (characters), masked (values); the first 1000 places.
         */
        public array $changed;

        /** The body of the answer, at most `secure_dispatch.max_response_bytes` of it, with `[redacted]` where it had the key; null if it came in a content coding (gzip), which was not asked for. */
        public ?string $body;

        private function __construct() {}

        /**
         * The API's answer, decoded: objects as arrays, null if there is no body.
         *
         * @throws \JsonException The body is not JSON, or was cut at `secure_dispatch.max_response_bytes`.
         */
        public function json(): mixed {}
    }

}

namespace SecureDispatch\Exception {

    /** All exceptions of this extension. */
    interface SecureDispatchException extends \Throwable
    {
    }

    /** The settings are wrong, as the message says. Nothing was sent. Correct them and restart PHP. */
    class ConfigurationException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
    }

    /** The order cannot be sent as it is. Nothing was sent. Correct the caller. */
    class ValidationException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /**
         * @var list<array{string, string}> JSON Pointer of each offending value (empty: the order itself) and the rule it breaks: a keyword of the
         *     schema (type, required, enum …), float, unknown_field, duplicate_key, utf8, finite, cycle, depth, size, card_number or
         *     idempotency_key. Never the value.
         */
        public readonly array $violations;
    }

    /** There was no whole answer. Unless the message says that nothing was sent, the API may have taken the order: send it again under the same key. */
    class TransportException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
    }

    /** The time was up: `secure_dispatch.timeout_ms` or `.connect_timeout_ms`. As TransportException. */
    class TimeoutException extends \SecureDispatch\Exception\TransportException
    {
    }

    /** The API answered 3xx or 4xx: the same order would be refused again. The code is the status. */
    class RejectedException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /** HTTP status of the answer. */
        public readonly int $status;
    }

    /** The API answered 408, 425, 429 or 5xx: send the order again later under the same key. The code is the status. */
    class UnavailableException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /** HTTP status of the answer. */
        public readonly ?int $status;

        /** What the answer's Retry-After asks for, in seconds from now. */
        public readonly ?int $retryAfter;
    }

}
