/*
 * The global `bridge`: two functions that reach the hardware. The machine stands still until Node has answered.
 *   bridge.call(operation, a, b) -> number; NaN when it failed
 *   bridge.exchange(operation, a, b, bytes?) -> ArrayBuffer; undefined when there is nothing; null when it failed
 */
#include "host.h"

extern txInteger _xsmcGetBuffer(txMachine* the, txSlot* slot, void** data, txUnsigned* count, txBoolean writable);

typedef struct __attribute__((packed)) {
	uint8_t operation;
	double a;
	double b;
} Operation;

static Operation operationFromArguments(xsMachine* the)
{
	Operation operation;
	if (hardwareIsAbsent)
		xsUnknownError("there is no hardware while modules are preloaded");
	operation.operation = (uint8_t)xsToInteger(xsArg(0));
	operation.a = xsToNumber(xsArg(1));
	operation.b = xsToNumber(xsArg(2));
	return operation;
}

static void bridgeCall(xsMachine* the)
{
	Operation operation = operationFromArguments(the);
	Frame reply;
	double number;
	transmit('C', &operation, sizeof(operation), NULL, 0);
	reply = receive();
	copyBody(&reply, &number, sizeof(number));
	if ((-0x7fffffff <= number) && (number <= 0x7fffffff) && (number == (double)(int32_t)number))
		xsResult = xsInteger((int32_t)number);
	else
		xsResult = xsNumber(number);
}

static void bridgeExchange(xsMachine* the)
{
	Operation operation = operationFromArguments(the);
	Frame reply;
	void* data = NULL;
	txUnsigned length = 0;
	if ((xsToInteger(xsArgc) > 3) && (xsTypeOf(xsArg(3)) != xsUndefinedType))
		_xsmcGetBuffer(the, (txSlot*)&xsArg(3), &data, &length, 0);
	transmit('X', &operation, sizeof(operation), data, length);
	reply = receive();
	switch (reply.type) {
	case 'Y':
		xsResult = xsArrayBuffer(reply.body, (xsIntegerValue)reply.length);
		break;
	case 'F':
		xsResult = xsNull;
		break;
	default:
		xsResult = xsUndefined;
		break;
	}
}

void installBridge(txMachine* root)
{
	xsBeginHost(root);
	xsVars(2);
	xsVar(0) = xsNewObject();
	xsVar(1) = xsNewHostFunction(bridgeCall, 3);
	xsDefine(xsVar(0), xsID("call"), xsVar(1), xsDefault);
	xsVar(1) = xsNewHostFunction(bridgeExchange, 4);
	xsDefine(xsVar(0), xsID("exchange"), xsVar(1), xsDefault);
	xsDefine(xsGlobal, xsID("bridge"), xsVar(0), xsDontEnum);
	xsEndHost(root);
}
