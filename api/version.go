package api

import (
	"fmt"
	"maps"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
)

// since is what Since returns. The generator of README.md holds it to the marks in the schema.
var since = map[protoreflect.FullName]uint32{
	"cmd.v1.ClientMessage.batch":      cmdpb.BatchMinor,
	"cmd.v1.RingDone.keep":            cmdpb.BatchMinor,
	"cmd.v1.ClientMessage.add_pvc":    cmdpb.PVCMinor,
	"cmd.v1.ClientMessage.delete_pvc": cmdpb.PVCMinor,
	"cmd.v1.CallParameters.permanent": cmdpb.PVCMinor,
	"cmd.v1.MakeCall.channel":         cmdpb.PVCMinor,
	"cmd.v1.PVCS":                     cmdpb.PVCMinor,

	"cmd.v1.ClientMessage.notify_close_af_complete": cmdpb.ModelMinor,
	"cmd.v1.ClientMessage.add_address":              cmdpb.ModelMinor,
	"cmd.v1.ClientMessage.delete_address":           cmdpb.ModelMinor,
	"cmd.v1.ClientMessage.get_addresses":            cmdpb.ModelMinor,
	"cmd.v1.ClientMessage.get_call_information":     cmdpb.ModelMinor,
	"cmd.v1.ClientMessage.get_statistics":           cmdpb.ModelMinor,
	"cmd.v1.RegisterSAP.more_blli":                  cmdpb.ModelMinor,
	"cmd.v1.RegisterSAP.bhli_absent":                cmdpb.ModelMinor,
	"cmd.v1.RegisterSAP.blli_absent":                cmdpb.ModelMinor,
	"cmd.v1.CallParameters.transmit":                cmdpb.ModelMinor,
	"cmd.v1.CallParameters.receive":                 cmdpb.ModelMinor,
	"cmd.v1.CallParameters.rounding":                cmdpb.ModelMinor,
}

// Since returns what of the requests is not of version 1.0, by full name, with the minor version that brought it:
// operations, fields and values of enumerations.
func Since() map[protoreflect.FullName]uint32 { return maps.Clone(since) }

// agree notes the minor version that a client says. What both sides know is in force until its address family is
// closed; before it has said anything that is all.
func (c *conn) agree(op *cmdpb.OpenAF) {
	if op.GetMajor() == cm.MajorVersion && c.open.CompareAndSwap(false, true) {
		c.minor = min(op.GetMinor(), cm.MinorVersion)
	}
}

// parse reads a datagram. Whether the schema knows all of it is seen without looking at each field: what is encoded again is
// shorter by what it does not know. (A client that encodes what is known at greater length than it takes is looked at closely for
// nothing.)
func (c *conn) parse(b []byte) (*cmdpb.ClientMessage, error) {
	m := new(cmdpb.ClientMessage)
	err := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, m)
	c.whole = err == nil && proto.Size(m) == len(b)
	if err == nil && !c.whole {
		m.Reset()
		err = proto.Unmarshal(b, m)
	}
	return m, err
}

// supported reports whether a request is of the version in force. One that is not is answered: it has fields that this daemon
// does not know and would otherwise ignore, or such as the client has not said to know. OpenAF is served whatever is
// in it, for its answer is what tells the versions.
func (c *conn) supported(m *cmdpb.ClientMessage) bool {
	if m.GetOpenAf() != nil {
		return true
	}
	words := ""
	if !c.whole || c.minor < cm.MinorVersion {
		words = c.foreign(m.ProtoReflect())
	}
	if op := m.GetMakeCall(); words == "" && op != nil && op.GetVc() == 0 && c.minor < cmdpb.BatchMinor {
		words = c.newer("MakeCall without a VC", cmdpb.BatchMinor)
	}
	if words != "" {
		c.unsupported(m, words)
	}
	return words == ""
}

// unsupported answers a request of another version.
func (c *conn) unsupported(m *cmdpb.ClientMessage, words string) {
	c.refuseRequest(m, cmdpb.Status_NOT_SUPPORTED, ie.CauseServiceNotAvailable, words)
}

// newer says that something is of a later version than the one in force.
func (c *conn) newer(what string, minor uint32) string {
	return fmt.Sprintf("%s is of version %d.%d of the protocol; the client has said %d.%d in OpenAF", what, cm.MajorVersion, minor, cm.MajorVersion, c.minor)
}

// foreign finds what a message has that is not of the version in force, and says so; or nothing.
func (c *conn) foreign(m protoreflect.Message) (words string) {
	if b := m.GetUnknown(); len(b) > 0 {
		n, _, _ := protowire.ConsumeTag(b)
		return fmt.Sprintf("field %d of %s is not known to this daemon, which speaks version %d.%d of the protocol: say no later one",
			n, m.Descriptor().Name(), cm.MajorVersion, cm.MinorVersion)
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if c.minor < cm.MinorVersion {
			words = c.notYet(fd, v)
		}
		switch {
		case words != "" || fd.Message() == nil:
		case fd.IsList():
			for i := 0; i < v.List().Len() && words == ""; i++ {
				words = c.foreign(v.List().Get(i).Message())
			}
		default:
			words = c.foreign(v.Message())
		}
		return words == ""
	})
	return words
}

// notYet says that a field, or its value, is of a later version than the one in force; or nothing.
func (c *conn) notYet(fd protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if minor := since[fd.FullName()]; minor > c.minor {
		return c.newer(string(fd.FullName().Parent().Name()+"."+fd.Name()), minor)
	}
	if fd.Enum() == nil || fd.IsList() {
		return ""
	}
	if value := fd.Enum().Values().ByNumber(v.Enum()); value != nil && since[value.FullName()] > c.minor {
		return c.newer(string(value.Name()), since[value.FullName()])
	}
	return ""
}
