<?php
/**
 * Tools → Site Health.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Tests of what the owner has to have somebody look at.
 */
final class Site_Health {

	private const NAMESPACE = 'secure-dispatch/v1';
	private const ROUTE     = '/site-health/connection';

	/** The oldest order should not wait longer. */
	private const TOO_LONG = HOUR_IN_SECONDS;

	/**
	 * Hooks into WordPress.
	 */
	public static function hook(): void {
		add_filter( 'site_status_tests', array( self::class, 'add' ) );
		add_action( 'rest_api_init', array( self::class, 'add_route' ) );
	}

	/**
	 * Adds the tests.
	 *
	 * @param array $tests direct and async ones.
	 */
	public static function add( $tests ): array {
		$direct = array(
			'extension' => array( __( 'Secure Dispatch: the PHP extension', 'secure-dispatch' ), 'extension' ),
			'custody'   => array( __( 'Secure Dispatch: custody of the API key', 'secure-dispatch' ), 'custody' ),
			'queue'     => array( __( 'Secure Dispatch: orders that wait', 'secure-dispatch' ), 'queue' ),
		);
		foreach ( $direct as $name => list( $label, $method ) ) {
			$tests['direct'][ "secure_dispatch_$name" ] = array(
				'label' => $label,
				'test'  => array( self::class, $method ),
			);
		}
		// It asks the service, which may take its time.
		$tests['async']['secure_dispatch_connection'] = array(
			'label'             => __( 'Secure Dispatch: the connection to the service', 'secure-dispatch' ),
			'test'              => rest_url( self::NAMESPACE . self::ROUTE ),
			'has_rest'          => true,
			'async_direct_test' => array( self::class, 'connection' ),
		);
		return $tests;
	}

	/**
	 * Adds the route by which the browser has the connection tested.
	 */
	public static function add_route(): void {
		register_rest_route(
			self::NAMESPACE,
			self::ROUTE,
			array(
				'methods'             => 'GET',
				'callback'            => array( self::class, 'connection' ),
				'permission_callback' => static fn () => current_user_can( 'view_site_health_checks' ),
			)
		);
	}

	/**
	 * Whether orders can be sent.
	 */
	public static function extension(): array {
		$fault = Extension::fault();
		return null === $fault
			? self::result( 'extension', 'good', __( 'Secure Dispatch is ready to send orders', 'secure-dispatch' ), __( 'The PHP extension is loaded, and its settings are right.', 'secure-dispatch' ) )
			: self::result( 'extension', 'critical', __( 'Secure Dispatch cannot send orders', 'secure-dispatch' ), $fault );
	}

	/**
	 * Whether the key is out of reach.
	 */
	public static function custody(): array {
		$faults = array();
		foreach ( Extension::status()['custody'] ?? array() as $protection ) {
			if ( ! $protection['holds'] ) {
				$faults[] = ucfirst( $protection['what'] ) . ': ' . implode( ' ', $protection['faults'] );
			}
		}
		return array() === $faults
			? self::result( 'custody', 'good', __( 'The API key is out of reach of WordPress', 'secure-dispatch' ), __( 'All protections of the key hold in this PHP.', 'secure-dispatch' ) )
			: self::result( 'custody', 'recommended', __( 'The API key could be better protected', 'secure-dispatch' ), implode( "\n", $faults ) );
	}

	/**
	 * Whether orders wait for too long, or for somebody to do something.
	 */
	public static function queue(): array {
		$fault = Extension::fault();
		if ( null !== $fault ) {
			return self::result( 'queue', 'critical', __( 'No orders are sent', 'secure-dispatch' ), $fault );
		}
		$outbox = Extension::status()['outbox'];
		if ( Extension::has_outbox() && ( null === $outbox || null !== $outbox['fault'] ) ) {
			return self::result( 'queue', 'critical', __( 'The outbox cannot be used', 'secure-dispatch' ), (string) ( $outbox['fault'] ?? '' ) );
		}
		if ( isset( $outbox['oldest'] ) && $outbox['oldest'] < time() - self::TOO_LONG ) {
			/* translators: %s: a time span. */
			return self::result( 'queue', 'critical', __( 'Orders wait for too long', 'secure-dispatch' ), sprintf( __( 'The oldest one has waited for %s. Either the service cannot be reached, or nothing works in the background (WP-Cron).', 'secure-dispatch' ), human_time_diff( $outbox['oldest'] ) ) );
		}
		if ( Plugin::has_woocommerce() && Reconciler::done_until() < time() - self::TOO_LONG ) {
			/* translators: %s: a time span. */
			return self::result( 'queue', 'critical', __( 'Nobody looks for missed orders', 'secure-dispatch' ), sprintf( __( 'That was last done %s ago. It is done every minute by Action Scheduler or WP-Cron, in the web server\'s PHP: PHP on the command line commonly cannot read the key. If cron runs wp-cli here, have root run "wp --allow-root secure-dispatch reconcile" as well.', 'secure-dispatch' ), human_time_diff( Reconciler::done_until() ) ) );
		}
		$stuck = self::stuck( $outbox['rows'] ?? array() );
		if ( $stuck > 0 ) {
			/* translators: %d: a number of orders. */
			return self::result( 'queue', 'recommended', __( 'Orders need somebody to look at them', 'secure-dispatch' ), sprintf( _n( '%d order was refused, given up, held back, not answered, does not fit what may be sent, or is not in the outbox any more. Its notes say which.', '%d orders were refused, given up, held back, not answered, do not fit what may be sent, or are not in the outbox any more. Their notes say which.', $stuck, 'secure-dispatch' ), $stuck ) );
		}
		if ( ! Extension::has_outbox() ) {
			return self::result( 'queue', 'recommended', __( 'Orders are not kept on disk until they are taken', 'secure-dispatch' ), __( 'Without an outbox an order waits in the database of the shop, and is sent as it is when its turn comes. Ask your host to set secure_dispatch.outbox in php.ini.', 'secure-dispatch' ) );
		}
		return self::result( 'queue', 'good', __( 'No order waits for long', 'secure-dispatch' ), __( 'What is in the outbox is on its way.', 'secure-dispatch' ) );
	}

	/**
	 * How many orders nothing is done about until somebody looks at them.
	 *
	 * @param array<string, int> $rows What the outbox holds, by state. It may be other shops', too.
	 */
	private static function stuck( array $rows ): int {
		$open  = Plugin::has_woocommerce() ? Receipts::count() : array();
		$count = static fn ( array $counts, string ...$states ) => array_sum( array_intersect_key( $counts, array_flip( $states ) ) );
		// What was refused or given up is in the outbox, unless it went past it.
		$stuck = max( $count( $rows, 'rejected', 'dead' ), $count( $open, Receipt::REJECTED, Receipt::DEAD ) ) + $count( $rows, 'held' ) + $count( $open, Receipt::GONE, Receipt::INVALID );
		return $stuck + ( ini_get( 'secure_dispatch.resend_unconfirmed' ) ? 0 : $count( $rows, 'unconfirmed' ) );
	}

	/**
	 * Whether the service can be reached over verified TLS.
	 */
	public static function connection(): array {
		$verdicts = array(
			'failure' => array(),
			'warning' => array(),
			'ok'      => array(),
		);
		foreach ( Extension::examine() as $check ) {
			if ( in_array( $check['check'], array( 'dns', 'tcp', 'tls', 'certificate', 'http', 'clock' ), true ) ) {
				$verdicts[ $check['verdict'] ][] = trim( "{$check['check']}: {$check['what']} " . ( $check['remedy'] ?? '' ) );
			}
		}
		if ( array() !== $verdicts['failure'] ) {
			return self::result( 'connection', 'critical', __( 'The service cannot be reached', 'secure-dispatch' ), implode( "\n", $verdicts['failure'] ) );
		}
		if ( array() !== $verdicts['warning'] || array() === $verdicts['ok'] ) {
			return self::result( 'connection', 'recommended', __( 'The connection to the service should be looked at', 'secure-dispatch' ), implode( "\n", $verdicts['warning'] ) ?: (string) Extension::fault() );
		}
		return self::result( 'connection', 'good', __( 'The service can be reached over verified TLS', 'secure-dispatch' ), implode( "\n", $verdicts['ok'] ) );
	}

	/**
	 * A result as Site Health takes it.
	 *
	 * @param string $test   The test's name.
	 * @param string $status good, recommended or critical.
	 * @param string $label  What was found.
	 * @param string $text   What it means and what to do, a line a paragraph.
	 */
	private static function result( string $test, string $status, string $label, string $text ): array {
		$paragraphs = array_map( static fn ( string $line ) => '<p>' . esc_html( $line ) . '</p>', explode( "\n", $text ) );
		return array(
			'label'       => $label,
			'status'      => $status,
			'badge'       => array(
				'label' => __( 'Secure Dispatch', 'secure-dispatch' ),
				'color' => 'blue',
			),
			'description' => implode( '', $paragraphs ),
			'actions'     => Plugin::has_woocommerce() && current_user_can( 'manage_woocommerce' )
				? sprintf( '<p><a href="%s">%s</a></p>', esc_url( Admin\Status_Page::url() ), esc_html__( 'How things stand', 'secure-dispatch' ) )
				: '',
			'test'        => "secure_dispatch_$test",
		);
	}
}
