<?php
/**
 * WooCommerce → Status → Secure Dispatch.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce\Admin;

use SecureDispatch\WooCommerce\Extension;
use SecureDispatch\WooCommerce\Log;
use SecureDispatch\WooCommerce\Reconciler;
use SecureDispatch\WooCommerce\Schedule;
use SecureDispatch\WooCommerce\Settings;
use SecureDispatch\WooCommerce\Words;

defined( 'ABSPATH' ) || exit;

/**
 * How things stand, and buttons for what can be done about it.
 */
final class Status_Page {

	private const TAB    = 'secure-dispatch';
	private const ACTION = 'secure_dispatch_do';
	private const DONE   = 'secure_dispatch_done';
	private const ROWS   = 50;

	/**
	 * Hooks into WooCommerce.
	 */
	public static function hook(): void {
		add_filter( 'woocommerce_admin_status_tabs', static fn ( array $tabs ) => $tabs + array( self::TAB => __( 'Secure Dispatch', 'secure-dispatch' ) ) );
		add_action( 'woocommerce_admin_status_content_' . self::TAB, array( self::class, 'show' ) );
		add_action( 'admin_post_' . self::ACTION, array( self::class, 'act' ) );
	}

	/**
	 * Where it is.
	 */
	public static function url(): string {
		return admin_url( 'admin.php?page=wc-status&tab=' . self::TAB );
	}

	/**
	 * Does what a button asks for, and goes back to the page.
	 */
	public static function act(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( 'manage_woocommerce' ) ) {
			wp_die( esc_html__( 'You may not do that.', 'secure-dispatch' ), '', 403 );
		}
		$what = isset( $_POST['what'] ) ? sanitize_key( $_POST['what'] ) : '';
		$id   = isset( $_POST['id'] ) ? sanitize_text_field( wp_unslash( $_POST['id'] ) ) : '';
		try {
			$message = self::carry_out( $what, $id );
		} catch ( \Throwable $error ) {
			Log::surprise( $error );
			$message = $error instanceof \SecureDispatch\Exception\SecureDispatchException ? $error->getMessage() : __( 'That did not work; the log (source secure-dispatch) says more.', 'secure-dispatch' );
		}
		set_transient( self::DONE . get_current_user_id(), $message, MINUTE_IN_SECONDS );
		wp_safe_redirect( self::url() );
		exit;
	}

	/**
	 * Does what was asked for.
	 *
	 * @param string $what Which button.
	 * @param string $id   Of which dispatch.
	 * @return string What came of it.
	 */
	private static function carry_out( string $what, string $id ): string {
		switch ( $what ) {
			case 'drain':
				return self::tell_work( Schedule::work() );
			case 'retry_all':
				$count = array_sum( array_map( array( Extension::class, 'retry_all' ), array( 'queued', 'unconfirmed', 'held', 'rejected', 'dead' ) ) );
				/* translators: %d: a number of orders. */
				return sprintf( _n( '%d order is due now.', '%d orders are due now.', $count, 'secure-dispatch' ), $count );
			case 'retry':
			case 'retry_old':
				return Extension::retry( $id, 'retry_old' === $what ) ? __( 'It is due now.', 'secure-dispatch' ) : __( 'It cannot be sent: it was delivered meanwhile, is being sent, or cannot be opened.', 'secure-dispatch' );
			case 'discard':
				return Extension::discard( $id ) ? __( 'It is discarded, and will not be sent.', 'secure-dispatch' ) : __( 'It was not discarded: it was delivered meanwhile, or is being sent.', 'secure-dispatch' );
			default:
				return __( 'There is nothing like that to be done.', 'secure-dispatch' );
		}
	}

	/**
	 * The page.
	 */
	public static function show(): void {
		$message = get_transient( self::DONE . get_current_user_id() );
		if ( is_string( $message ) ) {
			delete_transient( self::DONE . get_current_user_id() );
			printf( '<div class="notice notice-info inline"><p>%s</p></div>', esc_html( $message ) );
		}
		$status = Extension::status();
		echo '<div class="secure-dispatch">';
		self::table( __( 'How things stand', 'secure-dispatch' ), self::state( $status ) );
		if ( null !== $status ) {
			if ( Extension::has_outbox() ) {
				self::queue();
			}
			self::table( __( 'Custody of the API key', 'secure-dispatch' ), self::custody( $status ), __( 'What keeps the key out of reach of WordPress and its plugins, in this PHP.', 'secure-dispatch' ) );
		}
		echo '</div>';
	}

	/**
	 * Rows of the first table.
	 *
	 * @param array|null $status As Extension::status().
	 * @return array<string, string> Name => text.
	 */
	private static function state( ?array $status ): array {
		$fault = Extension::fault();
		$rows  = array( __( 'Sending', 'secure-dispatch' ) => null === $fault ? '✔ ' . __( 'ready', 'secure-dispatch' ) : '✘ ' . $fault );
		if ( null === $status ) {
			return $rows;
		}
		$last  = Schedule::last();
		$rows += array(
			__( 'Service', 'secure-dispatch' )          => Extension::host(),
			__( 'Extension', 'secure-dispatch' )        => $status['version'],
			__( 'Statuses', 'secure-dispatch' )         => implode( ', ', array_map( array( Words::class, 'status' ), Settings::statuses() ) ),
			__( 'Breaker', 'secure-dispatch' )          => self::breaker( $status['breaker'] ),
			__( 'Background work', 'secure-dispatch' )  => isset( $last['time'] )
				/* translators: %s: a time span. */
				? sprintf( __( '%s ago:', 'secure-dispatch' ), human_time_diff( $last['time'] ) ) . ' ' . self::tell_work( $last )
				: '✘ ' . __( 'not yet. It runs every minute by Action Scheduler or WP-Cron.', 'secure-dispatch' ),
			__( 'Missed orders', 'secure-dispatch' )    => sprintf(
				/* translators: %s: a time span. */
				__( 'looked for in all orders up to %s ago', 'secure-dispatch' ),
				human_time_diff( Reconciler::done_until() )
			),
			__( 'Since PHP started', 'secure-dispatch' ) => sprintf(
				/* translators: 1 to 5: numbers. */
				__( '%1$d orders accepted, %2$d of them put into the outbox, %3$d known from before, %4$d failed; %5$d connections made', 'secure-dispatch' ),
				$status['counters']['accepted'],
				$status['counters']['queued'],
				$status['counters']['repeated'],
				$status['counters']['failed'],
				$status['counters']['connections_opened']
			),
		);
		return $rows;
	}

	/**
	 * The breaker in words.
	 *
	 * @param string|null $state As secure_dispatch_status().
	 */
	private static function breaker( ?string $state ): string {
		return match ( $state ) {
			'closed' => '✔ ' . __( 'closed: the service answers', 'secure-dispatch' ),
			'open' => '✘ ' . __( 'open: the service does not answer, so orders are kept without trying; it is asked now and then', 'secure-dispatch' ),
			'half-open' => __( 'half-open: whether the service answers again is being tried', 'secure-dispatch' ),
			default => '–',
		};
	}

	/**
	 * What came of the background work.
	 *
	 * @param array $result As Schedule::last().
	 */
	private static function tell_work( array $result ): string {
		if ( isset( $result['fault'] ) ) {
			return '✘ ' . $result['fault'];
		}
		$parts = array();
		if ( isset( $result['drained'] ) ) {
			$parts[] = sprintf(
				/* translators: 1 to 4: numbers of orders. */
				__( '%1$d sent, %2$d to be tried later, %3$d refused, %4$d left', 'secure-dispatch' ),
				$result['drained']['delivered'],
				$result['drained']['deferred'],
				$result['drained']['rejected'],
				$result['drained']['remaining']
			);
		}
		if ( isset( $result['reconciled'] ) ) {
			$parts[] = sprintf(
				/* translators: 1, 2: numbers of orders. */
				__( '%1$d changed orders looked at, %2$d had been missed', 'secure-dispatch' ),
				$result['reconciled']['looked'],
				$result['reconciled']['sent']
			);
		}
		return implode( '; ', $parts );
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
			$rows[ $protection['what'] ] = $protection['holds'] ? '✔' : '✘ ' . implode( ' ', $protection['faults'] );
		}
		return $rows;
	}

	/**
	 * What waits, with buttons.
	 */
	private static function queue(): void {
		echo '<h2>' . esc_html__( 'Outbox', 'secure-dispatch' ) . '</h2>';
		try {
			$kept = Extension::kept( self::ROWS );
		} catch ( \Throwable $error ) {
			printf( '<div class="notice notice-error inline"><p>%s</p></div>', esc_html( $error->getMessage() ) );
			return;
		}
		echo '<p>';
		self::button( 'drain', __( 'Send what is due now', 'secure-dispatch' ), '', 'primary' );
		if ( array() !== $kept ) {
			self::button( 'retry_all', __( 'Make all due now', 'secure-dispatch' ) );
		}
		echo '</p>';
		if ( array() === $kept ) {
			echo '<p>' . esc_html__( 'Empty: everything was taken.', 'secure-dispatch' ) . '</p>';
			return;
		}
		echo '<table class="widefat striped"><thead><tr>';
		foreach ( array( __( 'Order', 'secure-dispatch' ), __( 'State', 'secure-dispatch' ), __( 'Since', 'secure-dispatch' ), __( 'Tried', 'secure-dispatch' ), __( 'Next', 'secure-dispatch' ), '' ) as $title ) {
			echo '<th>' . esc_html( $title ) . '</th>';
		}
		echo '</tr></thead><tbody>';
		foreach ( $kept as $row ) {
			echo '<tr><td>' . esc_html( $row['order_id'] ?? '–' ) . '</td><td>' . esc_html( Words::label( $row['state'] ) . ( $row['status'] ? " (HTTP {$row['status']})" : '' ) . ( $row['reason'] ? ": {$row['reason']}" : '' ) ) . '</td>';
			echo '<td>' . esc_html( human_time_diff( $row['since'] ) ) . '</td><td>' . esc_html( $row['attempts'] ) . '</td><td>' . esc_html( self::due( $row['due'] ) ) . '</td><td>';
			self::button( $row['superseded'] ? 'retry_old' : 'retry', __( 'Send', 'secure-dispatch' ), $row['id'] );
			self::button( 'discard', __( 'Discard', 'secure-dispatch' ), $row['id'] );
			echo '</td></tr>';
		}
		echo '</tbody></table>';
		if ( self::ROWS === count( $kept ) ) {
			/* translators: %d: a number. */
			echo '<p>' . esc_html( sprintf( __( 'The first %d are shown.', 'secure-dispatch' ), self::ROWS ) ) . '</p>';
		}
	}

	/**
	 * When a row is tried next.
	 *
	 * @param int|null $due Seconds of the epoch.
	 */
	private static function due( ?int $due ): string {
		if ( null === $due ) {
			return '–';
		}
		/* translators: %s: a time span. */
		return $due <= time() ? __( 'now', 'secure-dispatch' ) : sprintf( __( 'in %s', 'secure-dispatch' ), human_time_diff( $due ) );
	}

	/**
	 * A form with one button.
	 *
	 * @param string $what  What it does.
	 * @param string $label What it says.
	 * @param string $id    To which dispatch.
	 * @param string $kind  primary or secondary.
	 */
	private static function button( string $what, string $label, string $id = '', string $kind = 'secondary' ): void {
		// What cannot be taken back.
		$warning = match ( $what ) {
			'discard' => __( 'The service will not be told of this. Discard it?', 'secure-dispatch' ),
			'retry_old' => __( 'Newer news of this order have been sent. Sending this now turns the clock back for the service. Send it?', 'secure-dispatch' ),
			default => null,
		};
		printf( '<form method="post" action="%s" style="display:inline"%s>', esc_url( admin_url( 'admin-post.php' ) ), null === $warning ? '' : ' onsubmit="return confirm(' . esc_attr( (string) wp_json_encode( $warning ) ) . ')"' );
		wp_nonce_field( self::ACTION );
		printf(
			'<input type="hidden" name="action" value="%s"><input type="hidden" name="what" value="%s"><input type="hidden" name="id" value="%s"><button class="button button-%s">%s</button></form> ',
			esc_attr( self::ACTION ),
			esc_attr( $what ),
			esc_attr( $id ),
			esc_attr( $kind ),
			esc_html( $label )
		);
	}

	/**
	 * A table of names and texts.
	 *
	 * @param string                $title Its title.
	 * @param array<string, string> $rows  Its rows.
	 * @param string                $about What it is about.
	 */
	private static function table( string $title, array $rows, string $about = '' ): void {
		printf( '<h2>%s</h2>%s<table class="widefat striped"><tbody>', esc_html( $title ), '' === $about ? '' : '<p>' . esc_html( $about ) . '</p>' );
		foreach ( $rows as $name => $text ) {
			printf( '<tr><th scope="row" style="width:30%%">%s</th><td>%s</td></tr>', esc_html( $name ), esc_html( $text ) );
		}
		echo '</tbody></table>';
	}
}
