package api

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
)

// credentials asks the kernel who is at the other end of a connection. Root and the
// members of the administrators' group may act on what is others'. From then on
// each datagram tells its sender, which is what tells an empty one from the end.
func (s *Server) credentials(sock *net.UnixConn) (cm.Credentials, error) {
	raw, err := sock.SyscallConn()
	if err != nil {
		return cm.Credentials{}, fmt.Errorf("api: credentials: %w", err)
	}
	var cred cm.Credentials
	var inner error
	err = raw.Control(func(fd uintptr) {
		var uc *unix.Ucred
		if uc, inner = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); inner != nil {
			return
		}
		cred = cm.Credentials{PID: uc.Pid, UID: uc.Uid, GID: uc.Gid}
		if cred.Groups, inner = peerGroups(int(fd)); inner != nil {
			return
		}
		inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	})
	if err == nil && inner != nil {
		err = os.NewSyscallError("sockopt", inner)
	}
	if err != nil {
		return cm.Credentials{}, fmt.Errorf("api: credentials: %w", err)
	}
	cred.Admin = cred.UID == 0 || s.isAdmin(cred.GID)
	for _, g := range cred.Groups {
		cred.Admin = cred.Admin || s.isAdmin(g)
	}
	return cred, nil
}

// isAdmin reports whether a group is that of the administrators.
func (s *Server) isAdmin(gid uint32) bool {
	_, ok := s.admins[gid]
	return ok
}

// permitted reports whether the client may do what only administrators may, and says so if not: what
// names the operation as the subject of the sentence, with its verb.
func (c *conn) permitted(request uint64, what string) bool {
	if !c.cred.Admin {
		c.reply(&cmdpb.Reply{
			Request: request, Status: cmdpb.Status_NOT_PERMITTED, Detail: what + " root or the group " + GroupAdmins,
		})
	}
	return c.cred.Admin
}
