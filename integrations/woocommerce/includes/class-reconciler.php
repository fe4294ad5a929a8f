<?php
/**
 * Finds orders that nobody told about.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Exception\ConfigurationException;

defined( 'ABSPATH' ) || exit;

/**
 * Goes through the orders that have changed since it last went through all, and sends those that are in a status that is told about and
 * have no receipt for it: PHP was killed between saving and announcing, or this plugin was off.
 */
final class Reconciler {

	/** Up to when (exclusively) all orders have been looked at: a date in UTC, as the database has it; and where an unfinished pass is. */
	private const DONE_UNTIL = 'secure_dispatch_reconciled_until';
	private const CURSOR     = 'secure_dispatch_reconciling';
	/** When the plugin was first switched on, in seconds of the epoch. */
	private const BEGUN = 'secure_dispatch_begun';
	private const BATCH = 50;

	/** Orders that changed so lately are their own request's to send. */
	private const GRACE = 60;

	private const FORMAT = 'Y-m-d H:i:s';

	/**
	 * Orders count from now on.
	 */
	public static function begin(): void {
		add_option( self::DONE_UNTIL, gmdate( self::FORMAT ), '', false );
		add_option( self::BEGUN, time(), '', false );
	}

	/**
	 * Goes on until all was looked at or the time is over; the next run goes on where this one ended.
	 *
	 * @param float $deadline As microtime( true ).
	 * @return array{looked: int, sent: int, done: bool} As go_on().
	 * @throws \Throwable ConfigurationException: nothing can be sent from this PHP; the database does not answer.
	 */
	public static function run( float $deadline ): array {
		self::begin();
		$pass = new Pass( self::CURSOR, self::window( self::done_until() ) );
		try {
			$result = self::go_on( $pass, $deadline );
		} catch ( \Throwable $error ) {
			$pass->pause();
			throw $error;
		}
		if ( $result['done'] ) {
			$pass->end();
			update_option( self::DONE_UNTIL, $pass->place( 'until' ), false );
		} else {
			$pass->pause();
		}
		return $result;
	}

	/**
	 * A pass of its own over all orders that have changed since a moment, beside those by schedule.
	 *
	 * @param int $time Seconds of the epoch.
	 */
	public static function since( int $time ): Pass {
		return new Pass( '', self::window( $time ) );
	}

	/**
	 * Looks at orders until all were looked at or the time is over.
	 *
	 * @param Pass  $pass     As since().
	 * @param float $deadline As microtime( true ).
	 * @return array{looked: int, sent: int, done: bool} How many orders were looked at, how many of them sent, whether all were looked at.
	 * @throws ConfigurationException Nothing can be sent from this PHP.
	 */
	public static function go_on( Pass $pass, float $deadline ): array {
		$result = array(
			'looked' => 0,
			'sent'   => 0,
			'done'   => false,
		);
		do {
			$ids = array_map( 'intval', self::query( Storage::orders()['id'], $pass->place( 'from' ), $pass->place( 'until' ), $pass->place( 'after' ), 'ORDER BY 1 LIMIT ' . self::BATCH ) );
			foreach ( $ids as $id ) {
				if ( microtime( true ) >= $deadline ) {
					return $result;
				}
				$pass->looks_at( $id );
				++$result['looked'];
				$result['sent'] += (int) self::look( $id );
				$pass->has_looked_at( $id );
			}
		} while ( self::BATCH === count( $ids ) );
		return array( 'done' => true ) + $result;
	}

	/**
	 * How many orders have changed since a moment.
	 *
	 * @param int $time Seconds of the epoch.
	 */
	public static function count( int $time ): int {
		$window = self::window( $time );
		return (int) self::query( 'COUNT(*)', $window['from'], $window['until'], 0, '' )[0];
	}

	/**
	 * Until when all orders have been looked at, in seconds of the epoch.
	 */
	public static function done_until(): int {
		$until = (int) strtotime( get_option( self::DONE_UNTIL, gmdate( self::FORMAT ) ) . ' UTC' );
		// The clock was ahead when that was written. Nobody knows for how long, and who has a receipt is not sent again.
		return $until > time() ? time() - WEEK_IN_SECONDS : $until;
	}

	/**
	 * Removes what is kept.
	 */
	public static function remove(): void {
		array_map( 'delete_option', array( self::DONE_UNTIL, self::CURSOR, self::BEGUN ) );
	}

	/**
	 * Sends an order if nobody has told about it in the status that it is in, or of a refund.
	 *
	 * @param int $id The order.
	 * @return bool Whether it was sent, or is to be.
	 * @throws ConfigurationException Nothing can be sent from this PHP: the order is looked at again.
	 */
	private static function look( int $id ): bool {
		try {
			$order = Sender::order( $id );
			if ( null === $order || self::is_told( $order, Receipts::last( $order ) ) ) {
				return false;
			}
			return null !== Sender::tell_of( $order );
		} catch ( ConfigurationException $error ) {
			throw $error;
		} catch ( \Throwable $error ) {
			// One order that another plugin stumbles over must not hold up the others.
			Log::surprise( $error, $id );
			return false;
		}
	}

	/**
	 * Whether all is told of an order, or it is none of ours: it was over before the plugin was switched on, and has only been touched since.
	 *
	 * @param \WC_Order    $order The order.
	 * @param Receipt|null $last  What was told last.
	 */
	private static function is_told( \WC_Order $order, ?Receipt $last ): bool {
		if ( $last && ( $last->status !== $order->get_status() || Receipt::OVERTAKEN === $last->state ) ) {
			return false;
		}
		$refunds = array_map( static fn ( \WC_Order_Refund $refund ) => $refund->get_date_created(), $order->get_refunds() );
		$latest  = static fn ( array $dates ) => max( array( 0, ...array_map( static fn ( ?\WC_DateTime $date ) => $date ? $date->getTimestamp() : 0, $dates ) ) );
		if ( null === $last ) {
			$begun = (int) get_option( self::BEGUN, 0 );
			return $latest( array( $order->get_date_created(), $order->get_date_paid(), $order->get_date_completed(), ...$refunds ) ) < $begun;
		}
		// A refund of the same second may be a later one: whether it was told, Sender knows by the digest.
		return $latest( $refunds ) < (int) $last->since;
	}

	/**
	 * Orders that have changed since a moment, but for those that are their own request's to send.
	 *
	 * @param int $time Seconds of the epoch.
	 * @return array{from: string, until: string, after: int} Orders that changed from then on, and before then, with a greater id.
	 */
	private static function window( int $time ): array {
		$until = gmdate( self::FORMAT, time() - self::GRACE );
		return array(
			'from'  => min( gmdate( self::FORMAT, $time ), $until ),
			'until' => $until,
			'after' => 0,
		);
	}

	/**
	 * Asks for orders in a status that is told about.
	 *
	 * @param string $what   What of them.
	 * @param string $from   That changed from then on.
	 * @param string $until  And before then.
	 * @param int    $after  With a greater id.
	 * @param string $suffix In which sequence, and how many.
	 * @return string[]
	 * @throws \RuntimeException The database does not answer.
	 */
	private static function query( string $what, string $from, string $until, int $after, string $suffix ): array {
		global $wpdb;
		$table    = Storage::orders();
		$statuses = array_map( static fn ( string $status ) => "wc-$status", Settings::statuses() );
		// No status: a list that no status is in.
		$places = array() === $statuses ? 'NULL' : implode( ', ', array_fill( 0, count( $statuses ), '%s' ) );
		// phpcs:disable WordPress.DB -- wc_get_orders() cannot go on after an id; names of tables and columns are Storage's; one placeholder for each status.
		$rows = $wpdb->get_col(
			$wpdb->prepare(
				"SELECT $what FROM {$table['name']} WHERE {$table['type']} = 'shop_order' AND {$table['modified']} >= %s AND {$table['modified']} < %s AND {$table['id']} > %d AND {$table['status']} IN ($places) $suffix",
				array( $from, $until, $after, ...$statuses )
			)
		);
		// phpcs:enable
		if ( '' !== $wpdb->last_error ) {
			// As if there were none: they would never be looked at again.
			throw new \RuntimeException( 'the database does not tell which orders have changed' );
		}
		return $rows;
	}
}
