package nicio

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// An rxVector is the argument block of recvmmsg(2) for one batch: for each frame a header, one
// piece of memory and room for its link-layer address. It lives as long as the port, so a batch
// allocates nothing.
type rxVector struct {
	hdrs  [BatchSize]unix.Mmsghdr
	iovs  [BatchSize]unix.Iovec
	names [BatchSize]unix.RawSockaddrLinklayer
}

// init points each header at its piece and its address once.
func (v *rxVector) init() {
	for i := range v.hdrs {
		h := &v.hdrs[i].Hdr
		// Safety: names[i] is a field of v, which the port keeps alive and which does not move; the
		// kernel writes at most Namelen octets, the size of the element.
		h.Name = (*byte)(unsafe.Pointer(&v.names[i]))
		h.Iov = &v.iovs[i]
		h.SetIovlen(1)
	}
}

// recv receives up to len(frames) frames without blocking and returns the number of messages
// filled. The kernel's pointers to the buffers are dropped before it returns.
func (v *rxVector) recv(fd int, frames []RxFrame) (int, unix.Errno) {
	frames = frames[:min(len(frames), BatchSize)]
	for i := range frames {
		b := frames[i].Buf
		// Safety: SliceData of a slice of length SetLen; frames keeps the slice alive during the
		// call.
		v.iovs[i].Base = unsafe.SliceData(b)
		v.iovs[i].SetLen(len(b))
		v.hdrs[i].Hdr.Namelen = unix.SizeofSockaddrLinklayer
	}
	const flags = unix.MSG_DONTWAIT | unix.MSG_TRUNC
	// Safety: hdrs has at least len(frames) elements whose pointers were set above and by init.
	// Syscall6 keeps the pointer argument alive and tells the scheduler, so a long batch does not
	// hold up others.
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&v.hdrs[0])),
		uintptr(len(frames)), flags, 0, 0)
	for i := range frames {
		v.iovs[i].Base = nil
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// length returns the octets that the i-th frame had on arrival, which may exceed its buffer.
func (v *rxVector) length(i int) int { return int(v.hdrs[i].Len) }

// kind returns the packet type of the i-th frame, one of unix.PACKET_HOST and so on.
func (v *rxVector) kind(i int) uint8 { return v.names[i].Pkttype }

// A txVector is the argument block of sendmmsg(2) for one batch: for each frame a header and two
// pieces of memory. The destination is in the frame, so no address is passed.
type txVector struct {
	hdrs [BatchSize]unix.Mmsghdr
	iovs [BatchSize][2]unix.Iovec
}

// init points each header at its pieces once.
func (v *txVector) init() {
	for i := range v.hdrs {
		v.hdrs[i].Hdr.Iov = &v.iovs[i][0]
	}
}

// fill sets the pieces of up to BatchSize frames and returns the number of frames taken.
func (v *txVector) fill(frames []TxFrame) int {
	frames = frames[:min(len(frames), BatchSize)]
	for i := range frames {
		f, iov := &frames[i], &v.iovs[i]
		// Safety: SliceData of slices of the lengths set; the caller's frames keep them alive until
		// release.
		iov[0].Base = unsafe.SliceData(f.Head)
		iov[0].SetLen(len(f.Head))
		pieces := 1
		if len(f.Body) > 0 {
			iov[1].Base = unsafe.SliceData(f.Body)
			iov[1].SetLen(len(f.Body))
			pieces = 2
		}
		v.hdrs[i].Hdr.SetIovlen(pieces)
	}
	return len(frames)
}

// send offers the frames from..to of the last fill to the kernel without blocking and returns the
// number taken.
func (v *txVector) send(fd int, from, to int) (int, unix.Errno) {
	// Safety: from < to <= BatchSize, and fill has set the pointers of these elements. See recv for
	// Syscall6.
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&v.hdrs[from])),
		uintptr(to-from), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// release drops the pointers to the caller's memory of n frames.
func (v *txVector) release(n int) {
	for i := range v.iovs[:n] {
		v.iovs[i][0].Base, v.iovs[i][1].Base = nil, nil
	}
}
