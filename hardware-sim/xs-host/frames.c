/*
 * Frames on two pipes: uint32 length (little-endian; of type and body), uint8 type, body.
 * Descriptor 3 comes from Node, 4 goes to Node. Only one side speaks at a time.
 */
#include "host.h"

enum { inputDescriptor = 3, outputDescriptor = 4, headerLength = 5 };

static uint8_t* buffer = NULL;
static uint32_t capacity = 0;

static void* reserve(void* block, size_t size)
{
	void* result = realloc(block, size);
	if (!result) {
		fprintf(stderr, "xs-host: out of memory (%zu bytes)\n", size);
		_exit(70);
	}
	return result;
}

static void readExactly(uint8_t* into, uint32_t length)
{
	while (length > 0) {
		ssize_t count = read(inputDescriptor, into, length);
		if (count > 0) {
			into += count;
			length -= (uint32_t)count;
		}
		else if ((count == 0) || (errno != EINTR))
			_exit(0); /* Node closed its end or died: nobody is left to talk to. */
	}
}

static void writeExactly(const uint8_t* from, uint32_t length)
{
	while (length > 0) {
		ssize_t count = write(outputDescriptor, from, length);
		if (count > 0) {
			from += count;
			length -= (uint32_t)count;
		}
		else if ((count == 0) || (errno != EINTR))
			_exit(0);
	}
}

Frame receive(void)
{
	uint8_t header[headerLength];
	Frame frame;
	uint32_t length;
	readExactly(header, headerLength);
	memcpy(&length, header, 4);
	frame.type = header[4];
	frame.length = length - 1;
	if (capacity < length) {
		capacity = length + 4096;
		buffer = reserve(buffer, capacity);
	}
	readExactly(buffer, frame.length);
	buffer[frame.length] = 0;
	frame.body = buffer;
	return frame;
}

void transmit(uint8_t type, const void* head, uint32_t headLength, const void* tail, uint32_t tailLength)
{
	static uint8_t* output = NULL;
	static uint32_t outputCapacity = 0;
	uint32_t length = 1 + headLength + tailLength;
	if (outputCapacity < length + 4) {
		outputCapacity = length + 4096;
		output = reserve(output, outputCapacity);
	}
	memcpy(output, &length, 4);
	output[4] = type;
	if (headLength)
		memcpy(output + headerLength, head, headLength);
	if (tailLength)
		memcpy(output + headerLength + headLength, tail, tailLength);
	writeExactly(output, length + 4);
}
