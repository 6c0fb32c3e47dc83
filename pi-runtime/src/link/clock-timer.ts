import type { Clock } from "@visionvend/sdk/clock";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

class Handle {
	cancel: (() => void) | undefined;
}

/** The device's `Timer` on a `Clock`, for code that the controller and the Pi share. */
export function clockTimer(clock: Clock): Timer {
	return {
		set(callback, milliseconds): TimerHandle {
			const handle = new Handle();
			handle.cancel = clock.after(milliseconds, callback);
			return handle;
		},
		repeat(callback, milliseconds): TimerHandle {
			const handle = new Handle();
			const wait = (): void => {
				handle.cancel = clock.after(milliseconds, () => {
					// First, so that the callback can clear what it belongs to.
					wait();
					callback();
				});
			};
			wait();
			return handle;
		},
		clear(handle): void {
			if (!(handle instanceof Handle)) throw new TypeError("Timer.clear: this handle is of another timer");
			handle.cancel?.();
		},
	};
}
