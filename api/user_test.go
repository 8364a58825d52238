package api_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
)

// somebody is a user with no rights.
const somebody = 65534

// connectAs connects as another user. It is this process, one thread of which has become that user for the
// time: the kernel notes who calls connect.
func (h *host) connectAs(t *testing.T, uid, gid int, groups ...int) (c *rawClient) {
	t.Helper()
	prepareForOthers(t, h)
	failed := make(chan error, 1)
	c = h.socket(t)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		failed <- func() error {
			if err := becomeUser(uid, gid, groups); err != nil {
				return err
			}
			return unix.Connect(c.fd, &unix.SockaddrUnix{Name: h.path})
		}()
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	return c
}

// becomeUser makes the calling thread, and no other, run as somebody else.
func becomeUser(uid, gid int, groups []int) error {
	if err := unix.Setgroups(groups); err != nil {
		return err
	}
	for _, call := range [][2]int{{unix.SYS_SETRESGID, gid}, {unix.SYS_SETRESUID, uid}} {
		id := uintptr(call[1])
		if _, _, errno := unix.RawSyscall(uintptr(call[0]), id, id, id); errno != 0 {
			return errno
		}
	}
	return nil
}

// openAs connects as another user and opens the address family.
func (h *host) openAs(t *testing.T, uid, gid int, groups ...int) *rawClient {
	t.Helper()
	c := h.connectAs(t, uid, gid, groups...)
	c.split, c.quiet = true, true
	c.want(cmdpb.Status_SUCCESS, openAF("somebody"))
	return c
}

// A user beyond its limit is told; other users and administrators are let in, and so is the user itself when
// one of its clients has gone.
func TestUserClients(t *testing.T) {
	const admins = 4242
	h := startHostWith(t, api.Config{MaxClients: 9, UserClients: 2}, admins)
	first, second := h.openAs(t, somebody, somebody), h.openAs(t, somebody, 1)
	for range 2 {
		h.connectAs(t, somebody, somebody).wantGoodbye("the user has its 2 clients (clients_per_user below [limits]")
	}
	others := []*rawClient{h.open(t), h.openAs(t, somebody-1, somebody), h.openAs(t, somebody, somebody, admins)}
	first.close()
	h.wantClients(t, 4)
	for _, c := range append(others, second, h.openAs(t, somebody, somebody)) {
		c.alive()
	}
	h.wantCounter(t, "api_refused", 2)
	h.wantCounter(t, "limited_clients_per_user", 2)
	h.wantCounter(t, "limited_clients", 0)
}

func openAF(name string) *cmdpb.ClientMessage {
	return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_OpenAf{OpenAf: &cmdpb.OpenAF{Major: cm.MajorVersion, Minor: cm.MinorVersion, Name: name}}}
}
