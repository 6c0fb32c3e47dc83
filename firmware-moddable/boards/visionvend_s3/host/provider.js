import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import DigitalBank from "embedded:io/digitalbank";
import I2C from "embedded:io/i2c";
import PulseCount from "embedded:io/pulsecount";
import PWM from "embedded:io/pwm";
import Serial from "embedded:io/serial";
import SMBus from "embedded:io/smbus";
import SPI from "embedded:io/spi";

/** Wires of the VisionVend controller on an ESP32-S3-DevKitC-1-N16R8. GPIO 43 and 44 stay with the debugger. */
export default {
	io: { Analog, Digital, DigitalBank, I2C, PulseCount, PWM, Serial, SMBus, SPI },
	I2C: { default: { io: I2C, data: 10, clock: 11 } },
	Serial: { default: { io: Serial, port: 1, receive: 18, transmit: 17 } },
	SPI: { default: { io: SPI, port: 2, out: 21, clock: 42 } },
	pin: { button: 0 },
};
