// What the simulated device starts with. Like an application's main module it lies in flash and runs at every boot.
import { connect } from "@visionvend/hardware-sim/engine/shim";
import { start } from "program";

const device = connect(bridge);

/** The host calls this for every event. */
export const deliver = device.deliver;

start(device.host);
