<?php
/**
 * WP-CLI commands.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Exception\ConfigurationException;
use WP_CLI;

defined( 'ABSPATH' ) || exit;

/**
 * Looks after orders that are sent to a third party by the PHP extension secure_dispatch.
 *
 * They need the key in PHP on the command line, which only root may read as a rule: sudo wp --allow-root secure-dispatch …, which goes
 * on as the user that the outbox belongs to once PHP has read the key.
 */
final class CLI {

	/**
	 * As root, goes on as the user that the outbox belongs to: PHP has read the key by now, and the web server's PHP, which is that user,
	 * has to be able to use what is made from here on.
	 */
	public function __construct() {
		$outbox = (string) ini_get( 'secure_dispatch.outbox' );
		if ( '' === $outbox || ! function_exists( 'posix_geteuid' ) || 0 !== posix_geteuid() ) {
			return;
		}
		// In a container it may have no name.
		$uid  = (int) fileowner( dirname( $outbox ) );
		$user = posix_getpwuid( $uid ) ?: array(
			'name' => "user $uid",
			'gid'  => (int) filegroup( dirname( $outbox ) ),
		);
		if ( ! ( ( ! isset( $user['uid'] ) || posix_initgroups( $user['name'], $user['gid'] ) ) && posix_setgid( $user['gid'] ) && posix_setuid( $uid ) ) ) {
			WP_CLI::error( "Cannot go on as $user[name], to whom the outbox belongs." );
		}
	}

	/**
	 * Shows how things stand.
	 *
	 * ## OPTIONS
	 *
	 * [--format=<format>]
	 * : table or json.
	 * ---
	 * default: table
	 * options:
	 *   - table
	 *   - json
	 * ---
	 *
	 * @param string[] $args    None.
	 * @param array    $options Options.
	 */
	public function status( $args, $options ): void {
		$status = Extension::status();
		$rows   = array(
			'ready'            => Extension::fault() ?? 'yes',
			'service'          => Extension::host(),
			'statuses'         => implode( ', ', Settings::statuses() ),
			'breaker'          => $status['breaker'] ?? '-',
			'last work'        => isset( Schedule::last()['time'] ) ? gmdate( 'c', Schedule::last()['time'] ) : '-',
			'reconciled until' => gmdate( 'c', Reconciler::done_until() ),
		);
		foreach ( $status['outbox']['rows'] ?? array() as $state => $count ) {
			$rows[ "outbox $state" ] = $count;
		}
		if ( 'json' === ( $options['format'] ?? 'table' ) ) {
			WP_CLI::line( (string) wp_json_encode( $rows ) );
			return;
		}
		$lines = array_map(
			static fn ( $name, $value ) => array(
				'what' => $name,
				'is'   => $value,
			),
			array_keys( $rows ),
			$rows
		);
		\WP_CLI\Utils\format_items( 'table', $lines, array( 'what', 'is' ) );
	}

	/**
	 * Sends what waits in the outbox.
	 *
	 * ## OPTIONS
	 *
	 * [--seconds=<seconds>]
	 * : For so long at most.
	 * ---
	 * default: 60
	 * ---
	 *
	 * @param string[] $args    None.
	 * @param array    $options Options.
	 */
	public function drain( $args, $options ): void {
		self::must_be_ready();
		$end   = microtime( true ) + max( 1, (int) ( $options['seconds'] ?? 60 ) );
		$sums  = array_fill_keys( array( 'delivered', 'deferred', 'rejected', 'dead' ), 0 );
		$first = self::or_stop( static fn () => Extension::drain( 0 ) );
		$bar   = \WP_CLI\Utils\make_progress_bar( 'Sending', max( 1, $first['remaining'] ) );
		do {
			$drained = self::or_stop( static fn () => Extension::drain( 1 ) );
			foreach ( $sums as $what => $sum ) {
				$sums[ $what ] = $sum + $drained[ $what ];
			}
			$bar->tick( $drained['delivered'] + $drained['rejected'] + $drained['dead'] );
		} while ( null !== $drained['next_ms'] && microtime( true ) < $end );
		$bar->finish();
		$settled = Plugin::has_woocommerce() ? self::or_stop( static fn () => Follow_Up::run( $end ) ) : 0;
		WP_CLI::success( "{$sums['delivered']} sent, {$sums['deferred']} to be tried later, {$sums['rejected']} refused, {$sums['dead']} given up, {$drained['remaining']} left; $settled orders have news." );
	}

	/**
	 * Sends orders again, or makes all that are kept in a state due now.
	 *
	 * ## OPTIONS
	 *
	 * [<order>...]
	 * : Ids of orders. What was delivered is sent under a new idempotency key: to the service it is another message.
	 *
	 * [--state=<state>]
	 * : Instead: all that the outbox holds in this state.
	 * ---
	 * options:
	 *   - queued
	 *   - unconfirmed
	 *   - held
	 *   - rejected
	 *   - dead
	 * ---
	 *
	 * @param string[] $args    Orders.
	 * @param array    $options Options.
	 */
	public function retry( $args, $options ): void {
		self::must_be_ready();
		if ( isset( $options['state'] ) ) {
			$count = self::or_stop( static fn () => Extension::retry_all( $options['state'] ) );
			Follow_Up::begin_anew();
			WP_CLI::success( "$count due now." );
			return;
		}
		if ( array() === $args ) {
			WP_CLI::error( 'Name orders, or a state: wp secure-dispatch retry 1001, or wp secure-dispatch retry --state=rejected' );
		}
		self::must_have_woocommerce();
		$bar    = \WP_CLI\Utils\make_progress_bar( 'Sending', count( $args ) );
		$failed = 0;
		foreach ( $args as $id ) {
			try {
				$receipt = Sender::again( (int) $id );
				$what    = $receipt ? Words::sentence( $receipt ) : 'there is none.';
			} catch ( ConfigurationException $error ) {
				WP_CLI::error( $error->getMessage() );
			} catch ( \Throwable $error ) {
				$receipt = null;
				$what    = self::surprise( $error, (int) $id );
			}
			if ( ! $receipt?->is_taken() ) {
				++$failed;
				WP_CLI::warning( "Order $id: $what" );
			}
			wp_cache_flush_runtime();
			$bar->tick();
		}
		$bar->finish();
		$sent = count( $args ) - $failed;
		$failed ? WP_CLI::error( "$sent sent or on their way, $failed not." ) : WP_CLI::success( "$sent sent or on their way." );
	}

	/**
	 * Finds orders that nobody told about, and sends them.
	 *
	 * ## OPTIONS
	 *
	 * [--since=<date>]
	 * : Look at all orders that have changed since then, such as "2026-11-01" or "3 days ago" (UTC), not only since the last look.
	 *
	 * @param string[] $args    None.
	 * @param array    $options Options.
	 */
	public function reconcile( $args, $options ): void {
		self::must_be_ready();
		self::must_have_woocommerce();
		$time = Reconciler::done_until();
		$pass = null;
		if ( isset( $options['since'] ) ) {
			$time = strtotime( $options['since'] . ' UTC' ) ?: strtotime( $options['since'] );
			if ( false === $time || $time > time() ) {
				WP_CLI::error( '--since is no date in the past. Give one such as 2026-11-01, or "3 days ago".' );
			}
			$pass = Reconciler::since( $time );
		}
		$bar = \WP_CLI\Utils\make_progress_bar( 'Looking at orders', max( 1, self::or_stop( static fn () => Reconciler::count( $time ) ) ) );
		$sum = array(
			'looked' => 0,
			'sent'   => 0,
		);
		do {
			$deadline = microtime( true ) + 1;
			$result   = self::or_stop( static fn () => null === $pass ? Reconciler::run( $deadline ) : Reconciler::go_on( $pass, $deadline ) );
			$bar->tick( $result['looked'] );
			$sum['looked'] += $result['looked'];
			$sum['sent']   += $result['sent'];
			// WordPress remembers every order that it has read.
			wp_cache_flush_runtime();
		} while ( ! $result['done'] );
		$bar->finish();
		WP_CLI::success( "Orders looked at: {$sum['looked']}; missed, and sent now: {$sum['sent']}." );
	}

	/**
	 * Looks at everything between an order and the service.
	 */
	public function doctor(): void {
		if ( ! Extension::is_loaded() ) {
			WP_CLI::error( (string) Extension::fault() );
		}
		$failures = 0;
		foreach ( Extension::examine() as $check ) {
			$failures += (int) ( 'failure' === $check['verdict'] );
			WP_CLI::line( sprintf( '%-8s %-16s %s', $check['verdict'], $check['check'], $check['what'] ) );
			if ( null !== $check['remedy'] ) {
				WP_CLI::line( str_repeat( ' ', 26 ) . $check['remedy'] );
			}
		}
		$failures ? WP_CLI::error( 1 === $failures ? 'There is a failure.' : "There are $failures failures." ) : WP_CLI::success( 'Orders can be sent.' );
	}

	/**
	 * Stops where orders cannot be sent.
	 */
	private static function must_be_ready(): void {
		$fault = Extension::fault();
		if ( null !== $fault ) {
			WP_CLI::error( $fault . "\nAs a rule only root may read the key: sudo wp --allow-root secure-dispatch, which goes on as the user that the outbox belongs to." );
		}
	}

	/**
	 * Stops where there are no orders.
	 */
	private static function must_have_woocommerce(): void {
		if ( ! Plugin::has_woocommerce() ) {
			WP_CLI::error( 'WooCommerce is not active: wp plugin activate woocommerce' );
		}
	}

	/**
	 * Does something, or stops with what is wrong.
	 *
	 * @param callable $work What.
	 * @return mixed What it returns.
	 */
	private static function or_stop( callable $work ) {
		try {
			return $work();
		} catch ( \Throwable $error ) {
			WP_CLI::error( Extension::says( $error ) ?? self::surprise( $error ) );
		}
	}

	/**
	 * Logs what other code has thrown.
	 *
	 * @param \Throwable $error    What was thrown.
	 * @param int        $order_id The order at which; 0: none.
	 * @return string What to say of it.
	 */
	private static function surprise( \Throwable $error, int $order_id = 0 ): string {
		Log::surprise( $error, $order_id );
		return Log::name( $error ) . ' in other code of the shop. The log (source secure-dispatch) says where.';
	}
}
