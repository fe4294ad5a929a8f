<?php
/**
 * What became of one dispatch.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * One dispatch of an order, as it is kept with the order. Holds nothing of the customer's.
 */
final class Receipt {

	/** It is to be told: written before anything leaves, so that whatever ends the process, it is known. */
	public const ANNOUNCED = 'announced';
	/** The API took it. */
	public const DELIVERED = 'delivered';
	/** It is in the outbox, and will be sent. */
	public const QUEUED = 'queued';
	/** It was sent, and the answer was lost. */
	public const UNCONFIRMED = 'unconfirmed';
	/** It is in the outbox, for another endpoint, or cannot be opened. */
	public const HELD = 'held';
	/** The API refused it. */
	public const REJECTED = 'rejected';
	/** It was tried for days, and given up. */
	public const DEAD = 'dead';
	/** It does not fit the schema, and was not sent. */
	public const INVALID = 'invalid';
	/** There is no outbox and the API could not be reached: it is tried again. */
	public const FAILED = 'failed';
	/** The outbox does not know it any more: it was replaced, or somebody discarded it on the server. */
	public const GONE = 'gone';
	/** A shop manager discarded it. */
	public const DISCARDED = 'discarded';
	/** It could not be sent before newer news of the order were. */
	public const OVERTAKEN = 'overtaken';

	/** States in which something can still become of it. */
	private const OPEN = array( self::ANNOUNCED, self::GONE, self::QUEUED, self::UNCONFIRMED, self::HELD, self::REJECTED, self::DEAD, self::FAILED, self::INVALID );

	/** Of those, the ones in which nothing becomes of it until somebody does something. */
	public const PARKED = array( self::HELD, self::GONE, self::REJECTED, self::DEAD, self::INVALID );

	/**
	 * A receipt.
	 *
	 * @param int      $order_id Whose it is: other plugins copy an order's meta data to another order.
	 * @param string   $status   The order's status that was told.
	 * @param string   $digest   Order_Map::digest() of what was told.
	 * @param string   $key      The idempotency key.
	 * @param string   $state    One of the constants.
	 * @param int|null $http     HTTP status of the API's last answer.
	 * @param string   $detail   What is wrong: rules of the schema, or why it is held.
	 * @param float    $since    When it was announced, in seconds of the epoch: their sequence.
	 * @param int      $meta_id  The row that it is kept in; 0: none yet.
	 * @param int      $tried    When sending it, or putting it into the outbox, first failed; 0: it has not.
	 * @param bool     $kept     Whether the outbox was seen to have it.
	 */
	public function __construct(
		public readonly int $order_id,
		public readonly string $status,
		public readonly string $digest,
		public readonly string $key,
		public readonly string $state,
		public readonly ?int $http = null,
		public readonly string $detail = '',
		public readonly float $since = 0.0,
		public readonly int $meta_id = 0,
		public readonly int $tried = 0,
		public readonly bool $kept = false,
	) {}

	/**
	 * Reads a row; null if it is none of this order's.
	 *
	 * @param mixed $row      What is in the row.
	 * @param int   $order_id The order that it was found with.
	 * @param int   $meta_id  The row's id.
	 */
	public static function read( $row, int $order_id, int $meta_id ): ?self {
		if ( ! is_array( $row ) || (int) ( $row['order'] ?? 0 ) !== $order_id || ! is_string( $row['key'] ?? null ) ) {
			return null;
		}
		return new self(
			$order_id,
			(string) ( $row['status'] ?? '' ),
			(string) ( $row['digest'] ?? '' ),
			$row['key'],
			(string) ( $row['state'] ?? '' ),
			isset( $row['http'] ) ? (int) $row['http'] : null,
			(string) ( $row['detail'] ?? '' ),
			(float) ( $row['since'] ?? 0 ),
			$meta_id,
			(int) ( $row['tried'] ?? 0 ),
			(bool) ( $row['kept'] ?? false )
		);
	}

	/**
	 * What is kept.
	 */
	public function row(): array {
		return array(
			'order'  => $this->order_id,
			'status' => $this->status,
			'digest' => $this->digest,
			'key'    => $this->key,
			'state'  => $this->state,
			'http'   => $this->http,
			'detail' => $this->detail,
			'since'  => $this->since,
			'tried'  => $this->tried,
			'kept'   => $this->kept,
		);
	}

	/**
	 * The same dispatch, in another state.
	 *
	 * @param string   $state  One of the constants.
	 * @param int|null $http   HTTP status of the API's last answer.
	 * @param string   $detail What is wrong.
	 */
	public function in( string $state, ?int $http = null, string $detail = '' ): self {
		return $this->with(
			array(
				'state'  => $state,
				'http'   => $http,
				'detail' => $detail,
				'tried'  => self::FAILED === $state && 0 === $this->tried ? time() : $this->tried,
			)
		);
	}

	/**
	 * The same, in another row.
	 *
	 * @param int $meta_id The row.
	 */
	public function at( int $meta_id ): self {
		return $this->with( array( 'meta_id' => $meta_id ) );
	}

	/**
	 * The same dispatch, as the outbox's row has it.
	 *
	 * @param array|null $row As SecureDispatch\Outbox::find().
	 */
	public function found( ?array $row ): self {
		return null === $row ? $this->in( self::GONE ) : $this->in( $row['state'], $row['status'], (string) $row['reason'] )->with( array( 'kept' => true ) );
	}

	/**
	 * The same but for some properties.
	 *
	 * @param array $properties By their names.
	 */
	private function with( array $properties ): self {
		return new self( ...$properties + get_object_vars( $this ) );
	}

	/**
	 * Whether something can still become of it.
	 */
	public function is_open(): bool {
		return in_array( $this->state, self::OPEN, true );
	}

	/**
	 * Whether the extension has taken it, so that nothing is to be done here.
	 */
	public function is_taken(): bool {
		return in_array( $this->state, array( self::DELIVERED, self::QUEUED, self::UNCONFIRMED, self::HELD ), true );
	}

	/**
	 * Whether it may be in the outbox, to be sent by itself.
	 */
	public function is_moving(): bool {
		return in_array( $this->state, array( self::ANNOUNCED, self::QUEUED, self::UNCONFIRMED ), true );
	}

	/**
	 * Whether it was in the outbox when it was last seen.
	 */
	public function was_kept(): bool {
		return self::GONE !== $this->state && ( $this->kept || in_array( $this->state, array( self::QUEUED, self::UNCONFIRMED, self::HELD ), true ) );
	}

	/**
	 * Whether it is still to be sent from here.
	 */
	public function is_due(): bool {
		return self::ANNOUNCED === $this->state || self::FAILED === $this->state;
	}

	/**
	 * Whether it tells, or is to tell, of the same order in the same state.
	 *
	 * @param string $status The order's status.
	 * @param string $digest Order_Map::digest().
	 */
	public function tells( string $status, string $digest ): bool {
		return self::OVERTAKEN !== $this->state && $this->status === $status && $this->digest === $digest;
	}
}
