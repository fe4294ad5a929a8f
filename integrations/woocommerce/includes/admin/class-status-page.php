<?php
/**
 * WooCommerce → Status → Secure Dispatch.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce\Admin;

use SecureDispatch\WooCommerce\Extension;
use SecureDispatch\WooCommerce\Receipt;
use SecureDispatch\WooCommerce\Receipts;
use SecureDispatch\WooCommerce\Reconciler;
use SecureDispatch\WooCommerce\Schedule;
use SecureDispatch\WooCommerce\Settings;
use SecureDispatch\WooCommerce\Site_Health;
use SecureDispatch\WooCommerce\Words;

defined( 'ABSPATH' ) || exit;

/**
 * How things stand: whether all is well, what waits (Outbox_Table), and what keeps the key.
 */
final class Status_Page {

	private const TAB     = 'secure-dispatch';
	private const MESSAGE = 'secure_dispatch_message_';

	/**
	 * Hooks into WooCommerce.
	 */
	public static function hook(): void {
		add_filter( 'woocommerce_admin_status_tabs', static fn ( $tabs ) => (array) $tabs + array( self::TAB => __( 'Secure Dispatch', 'secure-dispatch' ) ) );
		add_action( 'woocommerce_admin_status_content_' . self::TAB, array( self::class, 'show' ) );
		Outbox_Table::hook();
	}

	/**
	 * Where it is.
	 */
	public static function url(): string {
		return admin_url( 'admin.php?page=wc-status&tab=' . self::TAB );
	}

	/**
	 * Whether it is the page that is shown, which says itself what is wrong.
	 */
	public static function is_shown(): bool {
		// phpcs:ignore WordPress.Security.NonceVerification -- Nothing is done.
		return 'woocommerce_page_wc-status' === get_current_screen()?->id && isset( $_GET['tab'] ) && self::TAB === $_GET['tab'];
	}

	/**
	 * Goes to the page, which then tells the user something once.
	 *
	 * @param string $message What.
	 */
	public static function go_and_tell( string $message ): void {
		set_transient( self::MESSAGE . get_current_user_id(), $message, MINUTE_IN_SECONDS );
		wp_safe_redirect( self::url() );
		exit;
	}

	/**
	 * The page.
	 */
	public static function show(): void {
		$message = get_transient( self::MESSAGE . get_current_user_id() );
		if ( is_string( $message ) ) {
			delete_transient( self::MESSAGE . get_current_user_id() );
			self::banner( 'info', $message );
		}
		$status = Extension::status();
		echo '<div class="secure-dispatch">';
		self::verdict( $status );
		if ( null === Extension::fault() && Extension::has_outbox() ) {
			Outbox_Table::show();
		}
		if ( null !== $status ) {
			self::table( __( 'How things stand', 'secure-dispatch' ), '', self::state( $status ) );
			self::table( __( 'Custody of the API key', 'secure-dispatch' ), __( 'What keeps the key out of reach of WordPress and its plugins, as the extension finds it in this PHP. What does not hold is for your host to set right.', 'secure-dispatch' ), self::custody( $status ) );
		}
		echo '</div>';
	}

	/**
	 * Whether all is well, at the top.
	 *
	 * @param array|null $status As Extension::status().
	 */
	private static function verdict( ?array $status ): void {
		$fault = Extension::fault();
		if ( null !== $fault ) {
			self::banner( 'error', __( 'No orders are sent.', 'secure-dispatch' ) . ' ' . $fault );
			return;
		}
		$queue = Site_Health::queue();
		if ( 'good' !== $queue['status'] ) {
			self::banner( 'critical' === $queue['status'] ? 'error' : 'warning', $queue['label'] . '. ' . wp_strip_all_tags( $queue['description'] ) );
		}
		$open = Receipts::count() + array_fill_keys( array( Receipt::ANNOUNCED, Receipt::QUEUED, Receipt::FAILED ), 0 );
		// What is announced is in the outbox, as a rule.
		$waiting = max( $status['outbox']['rows']['queued'] ?? 0, $open[ Receipt::ANNOUNCED ] + $open[ Receipt::QUEUED ] ) + $open[ Receipt::FAILED ];
		if ( 'open' === $status['breaker'] ) {
			self::banner( 'warning', __( 'The service does not answer at the moment. Orders are kept, and sent when it answers again: there is nothing that you have to do.', 'secure-dispatch' ) );
		} elseif ( 'good' === $queue['status'] && $waiting > 0 ) {
			/* translators: %s: a number of orders. */
			self::banner( 'info', sprintf( _n( '%s order waits, and is sent by itself.', '%s orders wait, and are sent by themselves.', $waiting, 'secure-dispatch' ), number_format_i18n( $waiting ) ) );
		} elseif ( 'good' === $queue['status'] ) {
			/* translators: %s: a host name. */
			self::banner( 'success', sprintf( __( 'All is well: every order has been sent to %s.', 'secure-dispatch' ), Extension::host() ) );
		}
	}

	/**
	 * Rows about how things stand.
	 *
	 * @param array $status As Extension::status().
	 * @return array<string, string> Name => text.
	 */
	private static function state( array $status ): array {
		$statuses = array_map( array( Words::class, 'status' ), Settings::statuses() );
		return array(
			__( 'Service', 'secure-dispatch' )           => Extension::host(),
			__( 'Sent when the status becomes', 'secure-dispatch' ) => array() === $statuses ? __( 'none: nothing is sent', 'secure-dispatch' ) : implode( ', ', $statuses ),
			__( 'Circuit breaker', 'secure-dispatch' )   => self::breaker( $status['breaker'] ),
			__( 'Background work', 'secure-dispatch' )   => self::background( Schedule::last() ),
			__( 'Missed orders', 'secure-dispatch' )     => sprintf(
				/* translators: %s: a time span. */
				__( 'looked for among all orders that changed until %s ago', 'secure-dispatch' ),
				human_time_diff( Reconciler::done_until() )
			),
			__( 'Since PHP started', 'secure-dispatch' ) => sprintf(
				/* translators: 1 to 4: numbers. */
				__( 'orders accepted: %1$d (not sent at once, but put into the outbox: %2$d; known from before: %3$d); failed: %4$d', 'secure-dispatch' ),
				$status['counters']['accepted'],
				$status['counters']['queued'],
				$status['counters']['repeated'],
				$status['counters']['failed']
			),
			__( 'Extension', 'secure-dispatch' )         => 'secure_dispatch ' . $status['version'],
		);
	}

	/**
	 * The breaker in words.
	 *
	 * @param string|null $state As secure_dispatch_status().
	 */
	private static function breaker( ?string $state ): string {
		return match ( $state ) {
			'closed' => '✔ ' . __( 'closed: the service answers', 'secure-dispatch' ),
			'open' => '✘ ' . __( 'open: the service does not answer, and is asked again every few seconds', 'secure-dispatch' ),
			'half-open' => __( 'half-open: whether the service answers again is being tried', 'secure-dispatch' ),
			default => '–',
		};
	}

	/**
	 * The background work in words.
	 *
	 * @param array $last As Schedule::last().
	 */
	private static function background( array $last ): string {
		if ( ! isset( $last['time'] ) ) {
			return '✘ ' . __( 'not yet. It runs every minute, by WooCommerce\'s Action Scheduler or WP-Cron.', 'secure-dispatch' );
		}
		/* translators: 1: a time span. 2: what was done. */
		return sprintf( __( '%1$s ago: %2$s', 'secure-dispatch' ), human_time_diff( $last['time'] ), Words::work( $last ) );
	}

	/**
	 * Rows about custody.
	 *
	 * @param array $status As Extension::status().
	 * @return array<string, string> Name => text.
	 */
	private static function custody( array $status ): array {
		$rows = array();
		foreach ( $status['custody'] as $protection ) {
			$rows[ ucfirst( $protection['what'] ) ] = $protection['holds'] ? '✔' : '✘ ' . implode( ' ', $protection['faults'] );
		}
		return $rows;
	}

	/**
	 * Something to be seen first.
	 *
	 * @param string $kind info, success, warning or error.
	 * @param string $text What.
	 */
	private static function banner( string $kind, string $text ): void {
		printf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( $kind ), esc_html( $text ) );
	}

	/**
	 * A table of names and texts.
	 *
	 * @param string                $title Its title.
	 * @param string                $about What it is about.
	 * @param array<string, string> $rows  Its rows.
	 */
	private static function table( string $title, string $about, array $rows ): void {
		printf( '<h2>%s</h2>', esc_html( $title ) );
		if ( '' !== $about ) {
			printf( '<p>%s</p>', esc_html( $about ) );
		}
		echo '<table class="widefat striped secure-dispatch-facts"><tbody>';
		foreach ( $rows as $name => $text ) {
			printf( '<tr><th scope="row">%s</th><td>%s</td></tr>', esc_html( $name ), esc_html( $text ) );
		}
		echo '</tbody></table>';
	}
}
