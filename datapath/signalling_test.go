package datapath_test

import (
	"callmanager/datapath"
	"callmanager/signalling"
)

// The data plane is what the call manager asks for. The packages meet here and in the daemon alone.
var (
	_ signalling.Plane          = (*datapath.Engine)(nil)
	_ signalling.ControlChannel = (*datapath.Channel)(nil)
)
