package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"

	"callmanager/lab/interop/peer"
)

// What linux/atm.h, linux/atmsvc.h and linux/atmsap.h call these.
const (
	afATMSVC = 20
	solATM   = 264
	aal5     = 5
	classUBR = 1
	classCBR = 2

	soQoS = solATM&0x1FF<<22 | 2<<16 | qosSize
	soSAP = solATM&0x1FF<<22 | 3<<16 | sapSize
	soPVC = solATM&0x1FF<<22 | 4<<16 | pvcSize

	addrSize  = 44 // struct sockaddr_atmsvc
	prvOffset = 4  // of the AESA in it
	pvcSize   = 12 // struct sockaddr_atmpvc: family, interface, VPI, VCI
	trafSize  = 40 // struct atm_trafprm
	qosSize   = 2*trafSize + 4
	sapSize   = 40 // struct atm_sap: the B-HLI in 10 octets, three times a B-LLI in 10

	// The offsets in struct atm_trafprm.
	maxPCR = 4
	maxSDU = 20
)

// call is one socket with a call on it, or one that waits for calls.
type call struct{ fd int }

// open makes a socket with a QoS and a SAP.
func open(q peer.QoS, s peer.SAP) (*call, error) {
	fd, err := unix.Socket(afATMSVC, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	c := &call{fd}
	if err := c.set(soQoS, writeQoS(q)); err != nil {
		c.close()
		return nil, fmt.Errorf("SO_ATMQOS: %w", err)
	}
	if err := c.set(soSAP, writeSAP(s)); err != nil {
		c.close()
		return nil, fmt.Errorf("SO_ATMSAP: %w", err)
	}
	return c, nil
}

// writeQoS writes struct atm_qos.
func writeQoS(q peer.QoS) []byte {
	b := make([]byte, qosSize)
	for _, way := range [][]byte{b[:trafSize], b[trafSize:]} {
		way[0] = classUBR
		if q.CBR {
			way[0] = classCBR
		}
		binary.NativeEndian.PutUint32(way[maxPCR:], uint32(q.PCR))
		binary.NativeEndian.PutUint32(way[maxSDU:], uint32(q.MaxSDU))
	}
	b[2*trafSize] = aal5
	return b
}

// writeSAP writes struct atm_sap.
func writeSAP(s peer.SAP) []byte {
	b := make([]byte, sapSize)
	if len(s.BHLI) > 0 {
		b[0], b[1] = s.BHLI[0]&^0x80+1, byte(len(s.BHLI)-1) // the kernel counts the types from 1
		copy(b[2:10], s.BHLI[1:])
	}
	b[10] = s.L2
	return b
}

// set sets an option.
func (c *call) set(option int, b []byte) error {
	// Safety: SliceData of a slice of the length passed; the conversion in the call keeps it alive.
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(c.fd), solATM, uintptr(option),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0)
	return errnoOf(errno)
}

// get reads an option of n octets.
func (c *call) get(option, n int) ([]byte, error) {
	b, size := make([]byte, n), uint32(n)
	// Safety: the kernel writes at most size octets, which b has, and size itself; both live in the call.
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(c.fd), solATM, uintptr(option),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(unsafe.Pointer(&size)), 0)
	return b, errnoOf(errno)
}

// name calls bind or connect.
func (c *call) name(trap uintptr, aesa []byte) error {
	b := make([]byte, addrSize)
	binary.NativeEndian.PutUint16(b, afATMSVC)
	copy(b[prvOffset:prvOffset+20], aesa)
	// Safety: b has addrSize octets, which the kernel reads during the call alone.
	_, _, errno := unix.Syscall(trap, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), addrSize)
	return errnoOf(errno)
}

// accept waits for the next call.
func (c *call) accept() (*call, error) {
	b, size := make([]byte, addrSize), uint32(addrSize)
	// Safety: the kernel writes at most size octets, which b has, and size itself; both live in the call.
	fd, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(unsafe.Pointer(&size)), unix.SOCK_CLOEXEC, 0, 0)
	return &call{int(fd)}, errnoOf(errno)
}

// describe fills in what the kernel knows of the call.
func (c *call) describe(r *peer.Report) error {
	q, err := c.get(soQoS, qosSize)
	if err != nil {
		return fmt.Errorf("SO_ATMQOS: %w", err)
	}
	r.QoS = peer.QoS{CBR: q[0] == classCBR, MaxSDU: int(binary.NativeEndian.Uint32(q[maxSDU:]))}
	if pcr := binary.NativeEndian.Uint32(q[maxPCR:]); pcr != math.MaxUint32 {
		r.QoS.PCR = int(pcr)
	}
	v, err := c.get(soPVC, pvcSize)
	if err != nil {
		return fmt.Errorf("SO_ATMPVC: %w", err)
	}
	r.VPI, r.VCI = int(int16(binary.NativeEndian.Uint16(v[6:]))), int(int32(binary.NativeEndian.Uint32(v[8:])))
	return nil
}

// close ends the call.
func (c *call) close() { _ = unix.Close(c.fd) }

func errnoOf(e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
