/*
 * Frames on two pipes: uint32 length (little-endian; of type and body), uint8 type, body.
 * Descriptor 3 comes from Node, 4 goes to Node. Only one side speaks at a time.
 */
#include "host.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>

enum { inputDescriptor = 3, outputDescriptor = 4, headerLength = 5, longestFrame = 1 << 26 };

/* What was read: [start, end) was not handed out yet. Grows with the largest frame. */
static uint8_t* buffer = NULL;
static uint32_t capacity = 0;
static uint32_t start = 0;
static uint32_t end = 0;

static void fail(const char* what)
{
	fprintf(stderr, "xs-host: %s\n", what);
	_exit(70);
}

static void* reserve(void* block, size_t size)
{
	void* result = realloc(block, size);
	if (!result)
		fail("out of memory");
	return result;
}

/*
 * Reads what there is, waiting for the first byte. Node answers most requests within microseconds, so looking a few
 * times, and letting others run in between, costs less than going to sleep and being woken up (measured: half).
 */
static ssize_t readSome(uint8_t* into, uint32_t length)
{
	enum { looks = 100 };
	for (int look = 0; look < looks; look++) {
		ssize_t count = read(inputDescriptor, into, length);
		if ((count >= 0) || (errno != EAGAIN))
			return count;
		sched_yield();
	}
	struct pollfd input = { inputDescriptor, POLLIN, 0 };
	poll(&input, 1, -1);
	return read(inputDescriptor, into, length);
}

/* Reads until `length` bytes wait at `start`; usually one system call brings a whole frame. */
static void fill(uint32_t length)
{
	if (start == end)
		start = end = 0;
	/* One byte more, for the zero behind a body. */
	if (capacity < start + length + 1) {
		capacity = start + length + 65536;
		buffer = reserve(buffer, capacity);
	}
	while (end - start < length) {
		ssize_t count = readSome(buffer + end, capacity - end - 1);
		if (count > 0)
			end += (uint32_t)count;
		else if ((count == 0) || ((errno != EINTR) && (errno != EAGAIN)))
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

void openPipes(void)
{
	fcntl(inputDescriptor, F_SETFL, fcntl(inputDescriptor, F_GETFL) | O_NONBLOCK);
}

Frame receive(void)
{
	Frame frame;
	uint32_t length;
	fill(headerLength);
	memcpy(&length, buffer + start, 4);
	if ((length == 0) || (length > longestFrame))
		fail("a frame of an impossible length came from Node");
	fill(4 + length);
	frame.type = buffer[start + 4];
	frame.length = length - 1;
	frame.body = buffer + start + headerLength;
	start += 4 + length;
	/* Node speaks only when it is asked, so nothing of a next frame can lie here. */
	frame.body[frame.length] = 0;
	return frame;
}

void copyBody(const Frame* frame, void* into, uint32_t size)
{
	if (frame->length < size)
		fail("a frame from Node is too short");
	memcpy(into, frame->body, size);
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
