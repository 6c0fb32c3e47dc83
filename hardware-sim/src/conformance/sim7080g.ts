import type { Board } from "../board/board.ts";
import { SerialWire } from "../board/serial-wire.ts";
import { SIM7080GChip } from "../chips/sim7080g.ts";
import { memoryModemBroker } from "../chips/sim7080g-memory-broker.ts";
import { MemoryBroker } from "../network/memory-broker.ts";

export function solder(board: Board): void {
	const { clock } = board;
	const wire = new SerialWire(clock, 115_200);
	const broker = memoryModemBroker({ clock, broker: new MemoryBroker({ clock }) });
	new SIM7080GChip({ clock, wire, powerKey: board.net(48), broker });
	board.attachSerial({ receive: 18, transmit: 17 }, wire);
}
