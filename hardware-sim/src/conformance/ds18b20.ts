import type { Board } from "../board/board.ts";
import { OneWireUart } from "../board/one-wire-uart.ts";
import { DS18B20Chip } from "../chips/ds18b20.ts";

export function solder(board: Board): void {
	const { clock } = board;
	const bus = board.net(41);
	board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus }));
	new DS18B20Chip({ clock, bus });
}
