import type { SerialPort } from "serialport";
import type { SerialLine, SerialLineListener } from "./linux-system.ts";

/** A serial device through the npm package serialport, which is loaded when the first one is opened. */
export function openSerialLine(path: string, baud: number, listener: SerialLineListener): SerialLine {
	let port: SerialPort | undefined;
	let isOver = false;
	const waiting: (() => void)[] = [];
	const fail = (message: string): void => {
		if (isOver) return;
		isOver = true;
		listener.onFailure(message);
	};
	const send = (to: SerialPort, bytes: Uint8Array, onSent: () => void): void => {
		to.write(bytes);
		to.drain((error) => {
			if (error) fail(error.message);
			else if (!isOver) onSent();
		});
	};
	import("serialport").then(
		({ SerialPort }) => {
			if (isOver) return;
			const opened = new SerialPort({ path, baudRate: baud, autoOpen: false });
			port = opened;
			opened.on("data", (bytes: Uint8Array) => {
				if (!isOver) listener.onData(bytes);
			});
			opened.on("error", (error) => fail(error.message));
			opened.on("close", () => fail("the device went away"));
			opened.open((error) => {
				if (error) {
					fail(error.message);
					return;
				}
				if (isOver) {
					opened.close();
					return;
				}
				for (const write of waiting.splice(0)) write();
				listener.onOpen();
			});
		},
		(error: unknown) => fail(`the npm package serialport cannot be loaded: ${String(error)}`),
	);
	return {
		write(bytes, onSent) {
			if (port?.isOpen === true) send(port, bytes, onSent);
			else
				waiting.push(() => {
					if (port !== undefined) send(port, bytes, onSent);
				});
		},
		close() {
			isOver = true;
			if (port?.isOpen === true) port.close();
		},
	};
}
