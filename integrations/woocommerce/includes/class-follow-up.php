<?php
/**
 * Learns what became of dispatches that were not settled at once.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Exception\SecureDispatchException;
use SecureDispatch\Exception\UnavailableException;

defined( 'ABSPATH' ) || exit;

/**
 * Looks at open receipts, some at a time, each in its turn.
 */
final class Follow_Up {

	/** The row that was looked at last; whether this pass looks at all, and when the last such pass began, in seconds of the epoch. */
	private const CURSOR = 'secure_dispatch_followed_up';
	private const BATCH  = 100;

	/** What only an operator can change is looked at so often: there may be thousands, for good. */
	private const ALL_EVERY = HOUR_IN_SECONDS;

	/** What could not be put into an outbox is tried for so long. */
	private const MAX_AGE = 7 * DAY_IN_SECONDS;

	/**
	 * Looks at open receipts until all were looked at or the time is over; the next run goes on where this one ended.
	 *
	 * @param float $deadline As microtime( true ).
	 * @return int How many changed.
	 * @throws SecureDispatchException The outbox cannot be used.
	 */
	public static function run( float $deadline ): int {
		$cursor = (array) get_option( self::CURSOR, array() ) + self::pass( false, 0 );
		$age    = time() - $cursor['at'];
		if ( 0 === $cursor['row'] && ( $age >= self::ALL_EVERY || $age < 0 ) ) {
			$cursor = self::pass( true, time() );
		}
		$changed = 0;
		do {
			$receipts = Receipts::open( $cursor['row'], self::BATCH );
			foreach ( $receipts as $row => $receipt ) {
				if ( microtime( true ) >= $deadline ) {
					update_option( self::CURSOR, $cursor, false );
					return $changed;
				}
				if ( $cursor['all'] || ! in_array( $receipt['state'], Receipt::PARKED, true ) ) {
					$changed += self::look_despite_others( $receipt['order'] );
				}
				$cursor['row'] = $row;
			}
		} while ( self::BATCH === count( $receipts ) );
		update_option( self::CURSOR, self::pass( false, $cursor['at'] ), false );
		return $changed;
	}

	/**
	 * A pass at its beginning.
	 *
	 * @param bool $all Whether it looks at all.
	 * @param int  $at  When the last such pass began.
	 * @return array{row: int, all: bool, at: int}
	 */
	private static function pass( bool $all, int $at ): array {
		return array(
			'row' => 0,
			'all' => $all,
			'at'  => $at,
		);
	}

	/**
	 * Has the next run look at all open receipts: somebody has made due what was parked.
	 */
	public static function begin_anew(): void {
		delete_option( self::CURSOR );
	}

	/**
	 * The same as look(), but one order that another plugin stumbles over must not hold up the others.
	 *
	 * @param int $order_id The order.
	 * @return int How many changed.
	 * @throws SecureDispatchException The outbox cannot be used.
	 */
	private static function look_despite_others( int $order_id ): int {
		try {
			return self::look( $order_id );
		} catch ( SecureDispatchException $error ) {
			throw $error;
		} catch ( \Throwable $error ) {
			Log::surprise( $error, $order_id );
			return 0;
		}
	}

	/**
	 * Looks at an order's open receipts.
	 *
	 * @param int $order_id The order.
	 * @return int How many changed.
	 */
	public static function look( int $order_id ): int {
		$order = Sender::order( $order_id );
		if ( null === $order ) {
			return 0;
		}
		$changed  = 0;
		$receipts = Receipts::of( $order );
		foreach ( $receipts as $receipt ) {
			if ( $receipt->is_open() ) {
				$now = self::learn( $order, $receipt, end( $receipts ) );
				// That what was announced is in the outbox is no news.
				$changed += (int) ( $now->state !== $receipt->state && Receipt::QUEUED !== $now->state );
			}
		}
		return $changed;
	}

	/**
	 * Learns what became of a dispatch, and sends what is still to be sent from here.
	 *
	 * @param \WC_Order $order   The order.
	 * @param Receipt   $receipt The dispatch, as it was kept.
	 * @param Receipt   $last    What was told last.
	 * @return Receipt As it is now.
	 * @throws UnavailableException The outbox cannot be used, and has what is asked for.
	 */
	private static function learn( \WC_Order $order, Receipt $receipt, Receipt $last ): Receipt {
		try {
			$row = Extension::has_outbox() ? Extension::find( $receipt->key ) : null;
		} catch ( UnavailableException $error ) {
			if ( ! $receipt->is_due() ) {
				throw $error;
			}
			// The outbox cannot be used, so that it is not there: sent past it.
			$row = null;
		}
		if ( null !== $row ) {
			return Sender::settle( $order, $receipt, $receipt->found( $row ) );
		}
		if ( ! $receipt->is_due() ) {
			return Extension::has_outbox() ? Sender::settle( $order, $receipt, $receipt->in( Receipt::GONE ) ) : $receipt;
		}
		if ( ! Extension::has_outbox() && Settings::waits() && $receipt->since > time() - MINUTE_IN_SECONDS ) {
			// Its own request may still be at it.
			return $receipt;
		}
		if ( $last !== $receipt ) {
			return Sender::settle( $order, $receipt, $receipt->in( Receipt::OVERTAKEN ) );
		}
		if ( $receipt->since < time() - self::MAX_AGE ) {
			return Sender::settle( $order, $receipt, $receipt->in( Receipt::DEAD, $receipt->http, $receipt->detail ) );
		}
		return Sender::resume( $order, $receipt );
	}

	/**
	 * Removes what is kept.
	 */
	public static function remove(): void {
		self::begin_anew();
	}
}
