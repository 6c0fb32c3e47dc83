/** Nothing is set up before the application: its first deed is to take the lock's pin and hold it low. */
export default function setup(done) {
	done?.();
}
