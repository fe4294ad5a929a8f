<?php
/**
 * Background work, every minute.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Has the work done by Action Scheduler, and by WP-Cron where that does not come to it.
 */
final class Schedule {

	/** The recurring action, and the WP-Cron event that looks after it. */
	private const ACTION   = 'secure_dispatch_work';
	private const WATCHDOG = 'secure_dispatch_watchdog';
	private const GROUP    = 'secure-dispatch';
	private const RESULT   = 'secure_dispatch_last_work';

	private const MINUTE = 60;
	/** If nothing was done for so long, Action Scheduler is not at work. */
	private const OVERDUE = 150;

	/** Action Scheduler gives all that is due in one run 30 s. */
	private const DRAIN_SECONDS = 12;
	private const OTHER_SECONDS = 8;

	/**
	 * Hooks into both schedulers.
	 */
	public static function hook(): void {
		// phpcs:ignore WordPress.WP.CronInterval -- An order should not wait longer.
		add_filter( 'cron_schedules', array( self::class, 'add_minute' ) );
		add_action( self::ACTION, array( self::class, 'work' ) );
		add_action( self::WATCHDOG, array( self::class, 'watch' ) );
		add_action( 'admin_init', array( self::class, 'ensure' ) );
		// On a network, a site may be in use for long before anybody opens its admin. It looks into an option that is loaded anyway.
		add_action( 'init', array( self::class, 'ensure_watchdog' ) );
		// Action Scheduler's own call to make sure that recurring actions are there.
		add_action( 'action_scheduler_ensure_recurring_actions', array( self::class, 'ensure' ) );
	}

	/**
	 * WordPress knows no interval shorter than an hour.
	 *
	 * @param array $schedules Known intervals.
	 */
	public static function add_minute( $schedules ): array {
		return (array) $schedules + array(
			self::GROUP => array(
				'interval' => self::MINUTE,
				'display'  => __( 'Every minute (Secure Dispatch)', 'secure-dispatch' ),
			),
		);
	}

	/**
	 * Makes sure that both are scheduled.
	 */
	public static function ensure(): void {
		self::ensure_watchdog();
		if ( self::has_action_scheduler() && ! as_has_scheduled_action( self::ACTION, array(), self::GROUP ) ) {
			as_schedule_recurring_action( time(), self::MINUTE, self::ACTION, array(), self::GROUP, true );
		}
	}

	/**
	 * Makes sure that WP-Cron looks after the rest.
	 */
	public static function ensure_watchdog(): void {
		if ( ! wp_next_scheduled( self::WATCHDOG ) ) {
			wp_schedule_event( time() + self::MINUTE, self::GROUP, self::WATCHDOG );
		}
	}

	/**
	 * Takes both off the schedule.
	 */
	public static function clear(): void {
		wp_clear_scheduled_hook( self::WATCHDOG );
		if ( self::has_action_scheduler() ) {
			as_unschedule_all_actions( '', array(), self::GROUP );
		}
	}

	/**
	 * Does the work if Action Scheduler has not.
	 */
	public static function watch(): void {
		self::ensure();
		if ( ( self::last()['time'] ?? 0 ) < time() - self::OVERDUE ) {
			self::work();
		}
	}

	/**
	 * Sends what waits, learns what became of it, finds what was missed; keeps what came of that, for the status page.
	 *
	 * @return array As last().
	 */
	public static function work(): array {
		$result = array( 'time' => time() );
		$fault  = Extension::fault();
		if ( null !== $fault ) {
			// PHP on the command line commonly may not read the key, and cron runs there in some shops: it is for the web server's PHP to say.
			return 'cli' === PHP_SAPI ? $result : self::keep( $result + array( 'fault' => $fault ) );
		}
		$deadline = microtime( true ) + self::DRAIN_SECONDS + self::OTHER_SECONDS;
		$parts    = array(
			'drained'    => static fn () => Extension::has_outbox() ? Extension::drain( self::DRAIN_SECONDS ) : null,
			'reconciled' => static fn () => Plugin::has_woocommerce() ? Reconciler::run( min( $deadline, microtime( true ) + self::OTHER_SECONDS / 2 ) ) : null,
			'settled'    => static fn () => Plugin::has_woocommerce() ? Follow_Up::run( $deadline ) : null,
		);
		foreach ( $parts as $name => $part ) {
			try {
				$result[ $name ] = $part();
			} catch ( \Throwable $error ) {
				// The others may do better: an outbox that cannot be used keeps no order from being found.
				Log::surprise( $error );
				$result['fault'] = Extension::says( $error ) ?? Log::name( $error );
			}
		}
		return self::keep( array_filter( $result, static fn ( $part ) => null !== $part ) );
	}

	/**
	 * What came of the last work.
	 *
	 * @return array{time?: int, fault?: string, drained?: array, settled?: int, reconciled?: array}
	 */
	public static function last(): array {
		return (array) get_option( self::RESULT, array() );
	}

	/**
	 * Removes what is kept, also of what was done, and also where Action Scheduler is gone and has left its tables.
	 */
	public static function remove(): void {
		global $wpdb;
		self::clear();
		delete_option( self::RESULT );
		$prefix = "{$wpdb->prefix}actionscheduler_";
		// phpcs:disable WordPress.DB -- Action Scheduler has no function for that; the names are its own.
		if ( $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( "{$prefix}actions" ) ) ) ) {
			$wpdb->query( $wpdb->prepare( "DELETE logs FROM {$prefix}logs AS logs JOIN {$prefix}actions AS actions USING (action_id) WHERE actions.hook = %s", self::ACTION ) );
			$wpdb->query( $wpdb->prepare( "DELETE FROM {$prefix}actions WHERE hook = %s", self::ACTION ) );
			$wpdb->query( $wpdb->prepare( "DELETE FROM {$prefix}groups WHERE slug = %s", self::GROUP ) );
		}
		// phpcs:enable
	}

	/**
	 * Keeps what came of the work.
	 *
	 * @param array $result As last().
	 */
	private static function keep( array $result ): array {
		update_option( self::RESULT, $result, false );
		return $result;
	}

	/**
	 * Whether Action Scheduler, which comes with WooCommerce, can be asked: on a network, also whether this site has its tables.
	 */
	private static function has_action_scheduler(): bool {
		return function_exists( 'as_has_scheduled_action' ) && class_exists( \ActionScheduler::class, false ) && \ActionScheduler::is_initialized()
			&& false !== get_option( 'schema-ActionScheduler_StoreSchema' );
	}
}
