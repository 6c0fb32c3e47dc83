import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import { Fridge } from "../world/fridge.ts";
import { Shopper } from "../world/shopper.ts";
import { CameraFeed } from "./camera-feed.ts";
import { CameraServer, servedMode } from "./camera-server.ts";
import { FridgeCameras } from "./fridge-camera.ts";
import { Wardrobe } from "./wardrobe.ts";

let server: CameraServer | undefined;
afterEach(() => server?.close());

test("each camera of the fridge has a port, at which every eighth of a second a whole picture comes", async () => {
	const clock = new SimulationClock();
	const random = new SeededRandom(4);
	const hardware = {
		setLoad: () => undefined,
		setMagnet: () => undefined,
		boltReleased: true,
		onBoltChange: () => undefined,
	};
	const fridge = new Fridge({ clock, random, hardware, products: demoCatalogue });
	const { hand } = new Shopper({ fridge, clock });
	const size = { width: 64, height: 36 };
	const cameras = new FridgeCameras({ fridge, hand, wardrobe: new Wardrobe("evaluation"), random, size });
	server = await CameraServer.open(new CameraFeed(cameras, servedMode, 2), clock);
	const pictures = server.urls.map(async (url) => {
		const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
		await once(socket, "connect");
		const bytes: Buffer[] = [];
		socket.on("data", (piece) => bytes.push(piece));
		await once(socket, "close");
		return Buffer.concat(bytes);
	});
	while (server.viewers < 2) await new Promise((resolve) => setImmediate(resolve));
	clock.run(130_000_000);
	await new Promise((resolve) => setImmediate(resolve));
	await server.close();
	const [first, second] = await Promise.all(pictures);
	const bytes = (servedMode.width * servedMode.height * 3) / 2;
	expect([first?.length, second?.length]).toEqual([bytes, bytes]);
	// Two cameras see two halves of the fridge.
	expect(Buffer.compare(first ?? Buffer.alloc(0), second ?? Buffer.alloc(0))).not.toBe(0);
});
