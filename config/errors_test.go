package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/config"
)

// good is a link to which a row adds one wrong line; that line is the sixth of the file.
const good = "[daemon]\n[[link]]\nname = \"lab\"\ninterface = \"eth1\"\npeer = \"02:00:00:00:00:02\"\n"

// old is a link over atmtcp, to which a row adds one wrong line, the eighth of the file.
const old = "[daemon]\naddress = \"15551234\"\n[[link]]\nname = \"old\"\ntransport = \"atmtcp\"\nlisten = \":2812\"\nrole = \"user\"\n"

const linkTo3 = "\n[[link]]\nname = \"two\"\ninterface = \"eth1\"\npeer = \"02:00:00:00:00:03\"\n"

// TestErrors fixes the text of every refusal: an operator's scripts and habits depend on them.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		// Unknown names, with the nearest that is valid.
		{"unknown key, near", good + "capacty = \"1Gbit/s\"\n", []string{
			`f:6:1: link.capacty: unknown key in [[link]]; did you mean "capacity"?`,
		}},
		{"unknown key, wrong case", good + "Role = \"auto\"\n", []string{
			`f:6:1: link.Role: unknown key in [[link]]; did you mean "role"?`,
		}},
		{"workers", "[daemon]\nworkers = 257\n", []string{
			`f:2:11: daemon.workers: 257 is no number of workers; expected 1 to 256, or 0 for one a processor`,
		}},
		{"workers below zero", "[daemon]\nworkers = -1\n", []string{
			`f:2:11: daemon.workers: -1 is no number of workers; expected 1 to 256, or 0 for one a processor`,
		}},
		{"workers in words", "[daemon]\nworkers = \"all\"\n", []string{
			`f:2:11: daemon.workers: expected an integer, found the string "all"; write workers = 2`,
		}},
		{"processors and workers", "[daemon]\ncpus = [0, 1, 2]\nworkers = 2\n", []string{
			`f:2:1: daemon.cpus: 3 processors for 2 workers; write one for each, or leave workers out`,
		}},
		{"a processor twice", "[daemon]\ncpus = [0, 1, 0x1]\n", []string{
			`f:2:15: daemon.cpus: processor 1 has a worker already; write each once`,
		}},
		{"no processor", "[daemon]\ncpus = [1024, \"1\"]\n", []string{
			`f:2:9: daemon.cpus: 1024 is no processor; expected 0 to 1023, as "lscpu --extended" shows them`,
			`f:2:15: daemon.cpus: expected an integer, found the string "1"; write cpus = [2, 3]`,
		}},
		{"one processor", "[daemon]\ncpus = 1\n", []string{
			`f:2:8: daemon.cpus: expected an array of integers, found the integer 1; write cpus = [2, 3]`,
		}},
		{"looking for work for too long", "[daemon]\nbusy_poll = \"2s\"\n", []string{
			`f:2:13: daemon.busy_poll: "2s" is no time to look for work; expected whole microseconds from "0us" to "1s", such as "50us"`,
		}},
		{"looking for work in fractions", "[daemon]\nbusy_poll = \"1500ns\"\n", []string{
			`f:2:13: daemon.busy_poll: "1500ns" is no time to look for work; expected whole microseconds from "0us" to "1s", such as "50us"`,
		}},
		{"no limit at all", "[limits]\nvcs = 0\n", []string{
			`f:2:7: limits.vcs: 0 is no limit for the VCs of a client; expected 1 to 1048576`,
		}},
		{"limits out of range", "[limits]\nclients = -1\nbacklog = 1048577\nsaps = 9223372036854775807\n", []string{
			`f:2:11: limits.clients: -1 is no limit for the connections at a time; expected 1 to 1048576`,
			`f:3:11: limits.backlog: 1048577 is no limit for the calls of all clients that are not connected yet; expected 1 to 1048576`,
			`f:4:8: limits.saps: 9223372036854775807 is no limit for the SAPs of a client; expected 1 to 1048576`,
		}},
		{"limits of other types", "[limits]\nparties = \"4\"\nring_memory = 1073741824\n", []string{
			`f:2:11: limits.parties: expected an integer, found the string "4"; write parties = 4096`,
			`f:3:15: limits.ring_memory: expected a string, found the integer 1073741824; write ring_memory = "256MiB"`,
		}},
		{"memory too small", "[limits]\nring_memory = \"1023KiB\"\n", []string{
			`f:2:15: limits.ring_memory: "1023KiB" is no size of memory; expected a number with KiB, MiB, GiB or TiB, from "1MiB" to "1024TiB", such as "256MiB"`,
		}},
		{"memory too large", "[limits]\nring_memory = \"9999999999999999TiB\"\n", []string{
			`f:2:15: limits.ring_memory: "9999999999999999TiB" is no size of memory; expected a number with KiB, MiB, GiB or TiB, from "1MiB" to "1024TiB", such as "256MiB"`,
		}},
		{"memory in other units", "[limits]\nring_memory = \"1GB\"\n", []string{
			`f:2:15: limits.ring_memory: "1GB" is no size of memory; expected a number with KiB, MiB, GiB or TiB, from "1MiB" to "1024TiB", such as "256MiB"`,
		}},
		{"an unknown limit", "[limits]\nvc = 1\n", []string{
			`f:2:1: limits.vc: unknown key in [limits]; did you mean "vcs"?`,
		}},
		{"limits twice", "[[limits]]\nvcs = 1\n", []string{
			`f:1:3: limits: there is only one [limits]; write it with single brackets`,
		}},
		{"a limit of the daemon", "[daemon]\nsaps = 1\n", []string{
			`f:2:1: daemon.saps: unknown key in [daemon]; it belongs below [limits]`,
		}},
		{"unknown key, far", good + "colour = \"red\"\n", []string{
			`f:6:1: link.colour: unknown key in [[link]]; expected name, transport, interface, peer, listen, connect, role, profile, mode, cell_label, control_word, cells_per_frame, cell_delay, any_aal5_crc, transmit, receive, capacity, policing, transit_delay, cell_delay_variation, cell_loss_ratio, prefixes`,
		}},
		{"key of another table", good + "socket = \"/s\"\n", []string{
			`f:6:1: link.socket: unknown key in [[link]]; it belongs below [daemon]`,
		}},
		{"key of another table, daemon", "[daemon]\nprefixes = []\n", []string{
			`f:2:1: daemon.prefixes: unknown key in [daemon]; it belongs below [[link]]`,
		}},
		{"key at the top, near", "deamon = 1\n", []string{
			`f:1:1: deamon: unknown key; did you mean [daemon]?`,
		}},
		{"key at the top, outside its table", "role = \"auto\"\n" + good, []string{
			`f:1:1: role: this key stands outside its table; put it below [[link]]`,
		}},
		{"key at the top, far", "verbose = true\n", []string{
			`f:1:1: verbose: unknown key; expected [daemon], [limits], [[link]], [[pvc]], [[pseudowire]], [hosts]`,
		}},
		{"table, near", "[host]\na = \"1\"\n", []string{
			`f:1:2: host: unknown table; did you mean [hosts]?`,
		}},
		{"table, plural", "[[links]]\nname = \"a\"\n", []string{
			`f:1:3: links: unknown table; did you mean [[link]]?`,
		}},
		{"table, far", "[zebra]\n", []string{
			`f:1:2: zebra: unknown table; expected [daemon], [limits], [[link]], [[pvc]], [[pseudowire]], [hosts]`,
		}},
		{"table in a table", "[daemon.log]\nlevel = \"debug\"\n", []string{
			`f:1:9: daemon.log: unknown key in [daemon]; expected socket, address, workers, cpus, busy_poll`,
		}},
		{"table in a link", good + "[link.shaping]\nrate = 1\n", []string{
			`f:6:7: link.shaping: unknown key in [[link]]; expected name, transport, interface, peer, listen, connect, role, profile, mode, cell_label, control_word, cells_per_frame, cell_delay, any_aal5_crc, transmit, receive, capacity, policing, transit_delay, cell_delay_variation, cell_loss_ratio, prefixes`,
		}},
		{"key that must be quoted", good + "\"pe\\u001ber\" = \"\"\n", []string{
			`f:6:1: link."pe\x1ber": unknown key in [[link]]; did you mean "peer"?`,
		}},
		// Wrong types.
		{"socket, integer", "[daemon]\nsocket = 5\n", []string{
			`f:2:10: daemon.socket: expected a string, found the integer 5; write socket = "/run/cmd-daemon/cmd.sock"`,
		}},
		{"address, boolean", "[daemon]\naddress = true\n", []string{
			`f:2:11: daemon.address: expected a string, found the boolean true; write address = "47.0091.8100000000603e64fe01.00603e64fe01.00"`,
		}},
		{"name, float", "[[link]]\nname = 1.5\ninterface = \"e\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:2:8: link.name: expected a string, found the number 1.5; write name = "lab"`,
		}},
		{"role, date", good + "role = 2024-01-01\n", []string{
			`f:6:8: link.role: expected a string, found the date or time 2024-01-01; write role = "network"`,
		}},
		{"mode, array", good + "mode = [\"frame\"]\n", []string{
			`f:6:8: link.mode: expected a string, found an array; write mode = "frame"`,
		}},
		{"capacity, integer", good + "capacity = 1000000000\n", []string{
			`f:6:12: link.capacity: expected a string, found the integer 1000000000; write capacity = "1Gbit/s"`,
		}},
		{"capacity, table", good + "capacity = {rate = 1}\n", []string{
			`f:6:12: link.capacity: expected a string, found a table; write capacity = "1Gbit/s"`,
		}},
		{"prefixes, string", good + "prefixes = \"49.0001\"\n", []string{
			`f:6:12: link.prefixes: expected an array of strings, found the string "49.0001"; write prefixes = ["49.0001"]`,
		}},
		{"prefixes, integers", good + "prefixes = [49, \"49.00\", 0x49]\n", []string{
			`f:6:13: link.prefixes: expected a string, found the integer 49; write prefixes = ["49.0001"]`,
			`f:6:26: link.prefixes: expected a string, found the integer 0x49; write prefixes = ["49.0001"]`,
		}},
		{"prefixes, array of arrays", good + "prefixes = [[\"49\"]]\n", []string{
			`f:6:12: link.prefixes: expected a string, found an array; write prefixes = ["49.0001"]`,
		}},
		{"host, integer", "[hosts]\nbob = 15551234\n", []string{
			`f:2:7: hosts.bob: expected a string, found the integer 15551234; write an address in quotes, such as "49.000000000000000000000000.020000000002.00"`,
		}},
		{"host, dotted", "[hosts]\nbob.lab = \"1\"\n", []string{
			`f:2:1: hosts.bob: expected a string, found a table; a name with a dot stands in quotes: "name.with.dots" = "49.000000000000000000000000.020000000002.00"`,
		}},
		{"host, inline table", "[hosts]\nbob = {address = \"1\"}\n", []string{
			`f:2:7: hosts.bob: expected a string, found a table; write an address in quotes, such as "49.000000000000000000000000.020000000002.00"`,
		}},
		{"link in single brackets", "[link]\nname = \"a\"\n", []string{
			`f:1:2: link: expected an array of tables, found a table; write [[link]] with double brackets, one for each link`,
		}},
		{"link a string", "link = \"eth1\"\n", []string{
			`f:1:1: link: expected an array of tables, found the string "eth1"; write [[link]] with double brackets, one for each link`,
		}},
		{"link an array of strings", "link = [\"eth1\"]\n", []string{
			`f:1:9: link: expected a table, found the string "eth1"; write [[link]] and the keys below it`,
		}},
		{"daemon in double brackets", "[[daemon]]\n", []string{
			`f:1:3: daemon: there is only one [daemon]; write it with single brackets`,
		}},
		{"hosts an array", "hosts = [\"bob\"]\n", []string{
			`f:1:1: hosts: expected a table, found an array; write [hosts] and the keys below it`,
		}},
		// Missing keys.
		{"empty link", "[[link]]\n", []string{
			`f:1:3: link.name: missing in this [[link]]; add name = "lab" (what the tables call the link; unique)`,
			`f:1:3: link.interface: missing in this [[link]]; add interface = "eth1" (the NIC)`,
			`f:1:3: link.peer: missing in this [[link]]; add peer = "02:00:00:00:00:02" (MAC address of the peer's NIC)`,
		}},
		{"empty inline link", "link = [{}]\n", []string{
			`f:1:9: link.name: missing in this [[link]]; add name = "lab" (what the tables call the link; unique)`,
			`f:1:9: link.interface: missing in this [[link]]; add interface = "eth1" (the NIC)`,
			`f:1:9: link.peer: missing in this [[link]]; add peer = "02:00:00:00:00:02" (MAC address of the peer's NIC)`,
		}},
		{"one key missing", "[[link]]\nname = \"a\"\ninterface = \"e\"\n", []string{
			`f:1:3: link.peer: missing in this [[link]]; add peer = "02:00:00:00:00:02" (MAC address of the peer's NIC)`,
		}},
		// Values out of range.
		{"socket, relative", "[daemon]\nsocket = \"cmd.sock\"\n", []string{
			`f:2:10: daemon.socket: "cmd.sock" is not the absolute path of a socket; expected one such as "/run/cmd-daemon/cmd.sock"`,
		}},
		{"socket, empty", "[daemon]\nsocket = \"\"\n", []string{
			`f:2:10: daemon.socket: "" is not the absolute path of a socket; expected one such as "/run/cmd-daemon/cmd.sock"`,
		}},
		{"socket, directory", "[daemon]\nsocket = \"/run/\"\n", []string{
			`f:2:10: daemon.socket: "/run/" is not the absolute path of a socket; expected one such as "/run/cmd-daemon/cmd.sock"`,
		}},
		{"socket, NUL", "[daemon]\nsocket = \"/a\\u0000b\"\n", []string{
			`f:2:10: daemon.socket: "/a\x00b" contains a NUL, which no path can`,
		}},
		{"socket, too long", "[daemon]\nsocket = \"/" + strings.Repeat("a", 98) + "\"\n", []string{
			`f:2:10: daemon.socket: the path has 99 octets and this socket's at most 98; choose a shorter one`,
		}},
		{"address, short", "[daemon]\naddress = \"49.0001\"\n", []string{
			`f:2:11: daemon.address: "49.0001" is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)`,
		}},
		{"address, letter", "[daemon]\naddress = \"4x\"\n", []string{
			`f:2:11: daemon.address: "4x" is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)`,
		}},
		{"name, empty", "[[link]]\nname = \"\"\ninterface = \"e\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:2:8: link.name: "" is no name for a link; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"name, blank", "[[link]]\nname = \"a b\"\ninterface = \"e\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:2:8: link.name: "a b" is no name for a link; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"name, too long", "[[link]]\nname = \"" + strings.Repeat("x", 200) + "\"\ninterface = \"e\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:2:8: link.name: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"... is no name for a link; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"interface, too long", "[[link]]\nname = \"a\"\ninterface = \"sixteencharacter\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:3:13: link.interface: "sixteencharacter" cannot be a network interface; expected 1 to 15 characters without blanks, "/" and ":", as "ip link" shows them`,
		}},
		{"interface, slash", "[[link]]\nname = \"a\"\ninterface = \"../eth0\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:3:13: link.interface: "../eth0" cannot be a network interface; expected 1 to 15 characters without blanks, "/" and ":", as "ip link" shows them`,
		}},
		{"peer, short", "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"02:00:00:00:02\"\n", []string{
			`f:4:8: link.peer: "02:00:00:00:02" is no MAC address; expected six octets in hexadecimal, such as "02:00:00:00:00:02"`,
		}},
		{"peer, EUI-64", "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"02:00:00:00:00:00:00:02\"\n", []string{
			`f:4:8: link.peer: "02:00:00:00:00:00:00:02" is no MAC address; expected six octets in hexadecimal, such as "02:00:00:00:00:02"`,
		}},
		{"peer, multicast", "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"01:80:c2:00:00:00\"\n", []string{
			`f:4:8: link.peer: "01:80:c2:00:00:00" is a group address or zero, not a single station's; write that of the peer's NIC, as "ip link" shows it there`,
		}},
		{"peer, broadcast", "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"ff:ff:ff:ff:ff:ff\"\n", []string{
			`f:4:8: link.peer: "ff:ff:ff:ff:ff:ff" is a group address or zero, not a single station's; write that of the peer's NIC, as "ip link" shows it there`,
		}},
		{"peer, zero", "[[link]]\nname = \"a\"\ninterface = \"e\"\npeer = \"00:00:00:00:00:00\"\n", []string{
			`f:4:8: link.peer: "00:00:00:00:00:00" is a group address or zero, not a single station's; write that of the peer's NIC, as "ip link" shows it there`,
		}},
		{"role, near", good + "role = \"usr\"\n", []string{
			`f:6:8: link.role: "usr" is unknown; expected "auto", "user" or "network"; did you mean "user"?`,
		}},
		{"role, far", good + "role = \"master\"\n", []string{
			`f:6:8: link.role: "master" is unknown; expected "auto", "user" or "network"`,
		}},
		{"role, empty", good + "role = \"\"\n", []string{
			`f:6:8: link.role: "" is unknown; expected "auto", "user" or "network"`,
		}},
		{"profile, near", good + "profile = \"uni3\"\n", []string{
			`f:6:11: link.profile: "uni3" is unknown; expected "uni4.0", "uni3.1" or "uni3.0"; did you mean "uni3.1"?`,
		}},
		{"profile, far", good + "profile = \"pnni\"\n", []string{
			`f:6:11: link.profile: "pnni" is unknown; expected "uni4.0", "uni3.1" or "uni3.0"`,
		}},
		{"udp-cell without its ends", "[daemon]\naddress = \"15551234\"\n[[link]]\nname = \"g\"\ntransport = \"udp-cell\"\nrole = \"user\"\n", []string{
			`f:3:3: link.listen: missing in this [[link]]; add listen = "192.0.2.7:4000": over udp-cell both ends are told`,
			`f:3:3: link.connect: missing in this [[link]]; add connect = "192.0.2.1:4000": over udp-cell both ends are told`,
		}},
		{"udp-cell, wrong ends", "[daemon]\naddress = \"15551234\"\n[[link]]\nname = \"g\"\ntransport = \"udp-cell\"\nrole = \"user\"\nlisten = \"0.0.0.0:4000\"\nconnect = \"host:4000\"\npeer = \"192.0.2.1\"\nmode = \"cell\"\n", []string{
			`f:7:10: link.listen: "0.0.0.0:4000" is no end of a link over udp-cell; expected an IP address and a port, such as "192.0.2.7:4000"`,
			`f:8:11: link.connect: "host:4000" is no end of a link over udp-cell; expected an IP address and a port, such as "192.0.2.1:4000"`,
			`f:9:1: link.peer: cells are taken from the end in connect alone; remove the key`,
			`f:10:1: link.mode: a link over udp-cell has no NIC; remove the key, or write transport = "ethernet"`,
		}},
		{"any CRC over a NIC", good + "any_aal5_crc = true\n", []string{
			`f:6:1: link.any_aal5_crc: only a link with transport = "udp-cell" has it; this one's is "ethernet"`,
		}},
		{"cells in frame mode", good + "cell_label = 33\ncontrol_word = false\ncells_per_frame = 1\ncell_delay = \"1us\"\n", []string{
			`f:6:1: link.cell_label: only a link with mode = "cell" has it; this one's is "frame"`,
			`f:7:1: link.control_word: only a link with mode = "cell" has it; this one's is "frame"`,
			`f:8:1: link.cells_per_frame: only a link with mode = "cell" has it; this one's is "frame"`,
			`f:9:1: link.cell_delay: only a link with mode = "cell" has it; this one's is "frame"`,
		}},
		{"cells out of range", good + "mode = \"cell\"\ncell_label = 15\ncells_per_frame = 1001\ncell_delay = \"11ms\"\n", []string{
			`f:7:14: link.cell_label: 15 is no label for cells; expected 16 to 65535`,
			`f:8:19: link.cells_per_frame: 1001 is no number of cells in a frame; expected 1 to 1000, or 0 for as many as the MTU takes`,
			`f:9:14: link.cell_delay: "11ms" is no time for cells to wait; expected whole microseconds from "0us" to "10000us", such as "100us"`,
		}},
		{"cells of the wrong type", good + "mode = \"cell\"\ncell_label = \"32\"\ncontrol_word = 1\n", []string{
			`f:7:14: link.cell_label: expected an integer, found the string "32"; write cell_label = 32`,
			`f:8:16: link.control_word: expected true or false, found the integer 1; write control_word = true`,
		}},
		{"mode, another", good + "mode = \"cells\"\n", []string{
			`f:6:8: link.mode: "cells" is unknown; expected "frame" or "cell"; did you mean "cell"?`,
		}},
		{"transit delay, no unit", good + "transit_delay = \"3\"\n", []string{
			`f:6:17: link.transit_delay: "3" is no delay; expected whole milliseconds from "0ms" to "65534ms", such as "3ms"`,
		}},
		{"transit delay, part of a millisecond", good + "transit_delay = \"1500us\"\n", []string{
			`f:6:17: link.transit_delay: "1500us" is no delay; expected whole milliseconds from "0ms" to "65534ms", such as "3ms"`,
		}},
		{"transit delay, negative", good + "transit_delay = \"-1ms\"\n", []string{
			`f:6:17: link.transit_delay: "-1ms" is no delay; expected whole milliseconds from "0ms" to "65534ms", such as "3ms"`,
		}},
		{"transit delay, too long", good + "transit_delay = \"65535ms\"\n", []string{
			`f:6:17: link.transit_delay: "65535ms" is no delay; expected whole milliseconds from "0ms" to "65534ms", such as "3ms"`,
		}},
		{"cell delay variation, no unit", good + "cell_delay_variation = \"250\"\n", []string{
			`f:6:24: link.cell_delay_variation: "250" is no delay variation; expected whole microseconds from "0us" to "16777214us", such as "250us"`,
		}},
		{"cell delay variation, part of a microsecond", good + "cell_delay_variation = \"1500ns\"\n", []string{
			`f:6:24: link.cell_delay_variation: "1500ns" is no delay variation; expected whole microseconds from "0us" to "16777214us", such as "250us"`,
		}},
		{"cell delay variation, negative", good + "cell_delay_variation = \"-1us\"\n", []string{
			`f:6:24: link.cell_delay_variation: "-1us" is no delay variation; expected whole microseconds from "0us" to "16777214us", such as "250us"`,
		}},
		{"cell delay variation, too long", good + "cell_delay_variation = \"16777215us\"\n", []string{
			`f:6:24: link.cell_delay_variation: "16777215us" is no delay variation; expected whole microseconds from "0us" to "16777214us", such as "250us"`,
		}},
		{"cell delay variation, not a time", good + "cell_delay_variation = \"long\"\n", []string{
			`f:6:24: link.cell_delay_variation: "long" is no delay variation; expected whole microseconds from "0us" to "16777214us", such as "250us"`,
		}},
		{"cell loss ratio, too small", good + "cell_loss_ratio = \"1e-16\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "1e-16" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"cell loss ratio, no power of ten", good + "cell_loss_ratio = \"3e-9\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "3e-9" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"cell loss ratio, the logarithm alone", good + "cell_loss_ratio = \"9\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "9" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"cell loss ratio, one", good + "cell_loss_ratio = \"1e-0\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "1e-0" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"cell loss ratio, in other digits", good + "cell_loss_ratio = \"1e-09\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "1e-09" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"cell loss ratio, empty", good + "cell_loss_ratio = \"\"\n", []string{
			`f:6:19: link.cell_loss_ratio: "" is no cell loss ratio; expected a power of ten from "1e-1" to "1e-15", such as "1e-9", or "0" for a link that loses nothing worth counting`,
		}},
		{"capacity, no unit", good + "capacity = \"1000\"\n", []string{
			`f:6:12: link.capacity: "1000" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as "1Gbit/s"`,
		}},
		{"capacity, wrong unit", good + "capacity = \"1Gb\"\n", []string{
			`f:6:12: link.capacity: "1Gb" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as "1Gbit/s"`,
		}},
		{"capacity, zero", good + "capacity = \"0bit/s\"\n", []string{
			`f:6:12: link.capacity: "0bit/s" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as "1Gbit/s"`,
		}},
		{"capacity, negative", good + "capacity = \"-1Gbit/s\"\n", []string{
			`f:6:12: link.capacity: "-1Gbit/s" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as "1Gbit/s"`,
		}},
		{"capacity, too low", good + "capacity = \"999bit/s\"\n", []string{
			`f:6:12: link.capacity: "999bit/s" is out of range; expected 1kbit/s to 1Tbit/s`,
		}},
		{"capacity, too high", good + "capacity = \"2Tbit/s\"\n", []string{
			`f:6:12: link.capacity: "2Tbit/s" is out of range; expected 1kbit/s to 1Tbit/s`,
		}},
		{"capacity, not whole", good + "capacity = \"1.0000000001Gbit/s\"\n", []string{
			`f:6:12: link.capacity: "1.0000000001Gbit/s" is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as "1Gbit/s"`,
		}},
		{"prefix, empty", good + "prefixes = [\"\"]\n", []string{
			`f:6:13: link.prefixes: "" is no prefix; expected 1 to 38 hexadecimal digits with dots anywhere (of an AESA), or "+" and 1 to 15 decimal digits (E.164)`,
		}},
		{"prefix, not hexadecimal", good + "prefixes = [\"49.00x1\"]\n", []string{
			`f:6:13: link.prefixes: "49.00x1" is no prefix; expected 1 to 38 hexadecimal digits with dots anywhere (of an AESA), or "+" and 1 to 15 decimal digits (E.164)`,
		}},
		{"prefix, whole address", good + "prefixes = [\"49.000000000000000000000000.020000000002.00\"]\n", []string{
			`f:6:13: link.prefixes: "49.000000000000000000000000.020000000002.00" is no prefix; expected 1 to 38 hexadecimal digits with dots anywhere (of an AESA), or "+" and 1 to 15 decimal digits (E.164)`,
		}},
		{"host, bad address", "[hosts]\nbob = \"49.0000...\"\n", []string{
			`f:2:7: hosts.bob: "49.0000..." is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)`,
		}},
		{"host, empty address", "[hosts]\nbob = \"\"\n", []string{
			`f:2:7: hosts.bob: "" is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)`,
		}},
		{"host, name with a blank", "[hosts]\n\"a b\" = \"1\"\n", []string{
			`f:2:1: hosts."a b": "a b" is no name for a host; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"host, name empty", "[hosts]\n\"\" = \"1\"\n", []string{
			`f:2:1: hosts."": "" is no name for a host; expected 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first`,
		}},
		{"host, name an address", "[hosts]\n5551234 = \"1\"\n", []string{
			`f:2:1: hosts.5551234: "5551234" is an address itself, so no call could mean the name; choose another`,
		}},
		// What contradicts itself.
		{"key twice", good + "name = \"b\"\n", []string{
			`f:6:1: link.name: already set on line 3; keep one of the two`,
		}},
		{"host twice", "[hosts]\nbob = \"1\"\ncarol = \"2\"\nbob = \"3\"\n", []string{
			`f:4:1: hosts.bob: already set on line 2; keep one of the two`,
		}},
		{"table twice", "[daemon]\n[hosts]\n[daemon]\n", []string{
			`f:3:2: daemon: already set on line 1; keep one of the two`,
		}},
		{"dotted, then a header", "daemon.socket = \"/s\"\n[daemon]\n", []string{
			`f:2:2: not TOML: table daemon already exists as defined by a dotted key`,
		}},
		{"inline, then a header", "link = []\n[[link]]\n", []string{
			`f:2:3: link: already set on line 1; keep one of the two`,
		}},
		{"inline, then dotted", "daemon = {}\ndaemon.socket = \"/s\"\n", []string{
			`f:2:1: daemon: already set on line 1; keep one of the two`,
		}},
		{"value, then dotted", "daemon = 1\ndaemon.socket = \"/s\"\n", []string{
			`f:1:1: daemon: expected a table, found the integer 1; write [daemon] and the keys below it`,
			`f:2:1: daemon: already set on line 1; keep one of the two`,
		}},
		{"array, then single", good + "[link]\n", []string{
			`f:6:2: link: already set on line 2; keep one of the two`,
		}},
		{"name of two links", good + "[[link]]\nname = \"lab\"\ninterface = \"eth2\"\npeer = \"02:00:00:00:00:02\"\n", []string{
			`f:7:8: link.name: the link on line 3 has the name "lab" already; choose another`,
		}},
		{"interface and peer of two links", good + "[[link]]\nname = \"b\"\ninterface = \"eth1\"\npeer = \"0200.0000.0002\"\n", []string{
			`f:9:8: link.peer: the link on line 5 reaches 02:00:00:00:00:02 through eth1 already; one peer on one NIC is one link`,
		}},
		{"transmit, near", good + "transmit = \"dpx\"\n", []string{
			`f:6:12: link.transmit: "dpx" is unknown; expected "packet", "xdp" or "auto"`,
		}},
		{"transmit, boolean", good + "transmit = true\n", []string{
			`f:6:12: link.transmit: expected a string, found the boolean true; write transmit = "xdp"`,
		}},
		{"transmit of two links on one NIC", good + "transmit = \"xdp\"" + linkTo3 + "transmit = \"auto\"\n", []string{
			`f:11:12: link.transmit: "auto" here and "xdp" for the link on line 6, on the same NIC eth1; write the same for both`,
		}},
		{"transmit of one of two links on one NIC", good + "transmit = \"xdp\"" + linkTo3, []string{
			`f:7:3: link.transmit: "packet" here and "xdp" for the link on line 6, on the same NIC eth1; write the same for both`,
		}},
		{"receive, near", good + "receive = \"zero\"\n", []string{
			`f:6:11: link.receive: "zero" is unknown; expected "packet", "xdp" or "auto"`,
		}},
		{"receive, boolean", good + "receive = true\n", []string{
			`f:6:11: link.receive: expected a string, found the boolean true; write receive = "xdp"`,
		}},
		{"receive of two links on one NIC", good + "receive = \"xdp\"" + linkTo3 + "receive = \"auto\"\n", []string{
			`f:11:11: link.receive: "auto" here and "xdp" for the link on line 6, on the same NIC eth1; write the same for both`,
		}},
		{"receive of one of two links on one NIC", good + "receive = \"xdp\"" + linkTo3, []string{
			`f:7:3: link.receive: "packet" here and "xdp" for the link on line 6, on the same NIC eth1; write the same for both`,
		}},
		{"atmtcp with receive", old + "receive = \"xdp\"\n", []string{
			`f:8:1: link.receive: a link over atmtcp has no NIC; remove the key, or write transport = "ethernet"`,
		}},
		// Links that are no NIC.
		{"transport, near", good + "transport = \"atmtpc\"\n", []string{
			`f:6:13: link.transport: "atmtpc" is unknown; expected "ethernet", "atmtcp" or "udp-cell"; did you mean "atmtcp"?`,
		}},
		{"transport alone", "[[link]]\ntransport = \"atmtcp\"\n", []string{
			`f:1:3: link.name: missing in this [[link]]; add name = "lab" (what the tables call the link; unique)`,
			`f:1:3: link.listen: missing in this [[link]]; add listen = "127.0.0.1:2812", or connect = "192.0.2.1:2812" if the peer listens`,
			`f:1:3: link.role: missing in this [[link]]; add role = "network" or "user": over atmtcp there are no MACs that could decide`,
			`f:2:13: link.transport: a link over atmtcp has no MAC that would give this host an address; set address in [daemon]`,
		}},
		{"atmtcp, role auto", strings.Replace(old, "user", "auto", 1), []string{
			`f:7:8: link.role: "auto" decides by the MACs of two NICs, which a link over atmtcp has not; expected "user" or "network"`,
		}},
		{"atmtcp, role unknown", strings.Replace(old, "user", "usr", 1), []string{
			`f:7:8: link.role: "usr" is unknown; expected "auto", "user" or "network"; did you mean "user"?`,
		}},
		{"atmtcp with a NIC", old + "interface = \"eth1\"\nmode = \"frame\"\ntransmit = \"xdp\"\n", []string{
			`f:8:1: link.interface: a link over atmtcp has no NIC; remove the key, or write transport = "ethernet"`,
			`f:9:1: link.mode: a link over atmtcp has no NIC; remove the key, or write transport = "ethernet"`,
			`f:10:1: link.transmit: a link over atmtcp has no NIC; remove the key, or write transport = "ethernet"`,
		}},
		{"atmtcp, both ends", old + "connect = \"h:1\"\n", []string{
			`f:8:1: link.connect: the link listens already, on line 6; keep one of the two`,
		}},
		{"atmtcp, peer a MAC", old + "peer = \"02:00:00:00:00:02\"\n", []string{
			`f:8:8: link.peer: "02:00:00:00:00:02" is no IP address; over atmtcp expected that of the host which connects, such as "192.0.2.1", or a network such as "192.0.2.0/24"`,
		}},
		{"atmtcp, who connects itself has no peer", strings.Replace(old, "listen = \"", "connect = \"h", 1) + "peer = \"192.0.2.1\"\n", []string{
			`f:8:1: link.peer: says who may connect, and this link connects itself; remove the key`,
		}},
		{"atmtcp, no port", strings.Replace(old, ":2812", "127.0.0.1", 1), []string{
			`f:6:10: link.listen: "127.0.0.1" is nothing to listen on; expected an address and a port, such as "127.0.0.1:2812", or ":2812" for all addresses`,
		}},
		{"atmtcp, port zero", strings.Replace(old, ":2812", ":0", 1), []string{
			`f:6:10: link.listen: ":0" is nothing to listen on; expected an address and a port, such as "127.0.0.1:2812", or ":2812" for all addresses`,
		}},
		{"atmtcp, no host to connect to", strings.Replace(old, "listen", "connect", 1), []string{
			`f:6:11: link.connect: ":2812" is nothing to connect to; expected a host and a port, such as "192.0.2.1:2812"`,
		}},
		{"atmtcp, one address for two links", old + strings.Replace(old[strings.Index(old, "[[link"):], "old", "b", 1), []string{
			`f:11:10: link.listen: the link on line 6 has ":2812" already; one connection is one link`,
		}},
		{"ethernet that listens", good + "listen = \":1\"\nconnect = \"h:1\"\n", []string{
			`f:6:1: link.listen: only a link with transport = "atmtcp" or "udp-cell" has it; this one's is "ethernet"`,
			`f:7:1: link.connect: only a link with transport = "atmtcp" or "udp-cell" has it; this one's is "ethernet"`,
		}},
		{"prefix of two links", good + "prefixes = [\"49.00AB\"]" + linkTo3 + "prefixes = [\"1\", \"4900ab\"]\n", []string{
			`f:11:18: link.prefixes: "4900ab" is set on line 6 already; a prefix leads to one link, a longer one may lead elsewhere`,
		}},
		{"prefix twice in one link", good + "prefixes = [\"49\", \"4.9\"]\n", []string{
			`f:6:19: link.prefixes: "4.9" is set on line 6 already; a prefix leads to one link, a longer one may lead elsewhere`,
		}},
		// What is not TOML; reading goes on behind it.
		{"unquoted value", good + "capacity = 1Gbit/s\nrole = \"x\"\n", []string{
			`f:6:13: not TOML: strings must be quoted`,
			`f:7:8: link.role: "x" is unknown; expected "auto", "user" or "network"`,
		}},
		{"no value", good + "role =\nmode = \"x\"\n", []string{
			`f:6:7: not TOML: unexpected character U+000A at start of value`,
			`f:7:8: link.mode: "x" is unknown; expected "frame" or "cell"`,
		}},
		{"no equals sign", good + "role \"auto\"\nmode = \"x\"\n", []string{
			`f:6:6: not TOML: expected '=' after key`,
			`f:7:8: link.mode: "x" is unknown; expected "frame" or "cell"`,
		}},
		{"array left open", good + "prefixes = [\"49\"\n[hosts]\nbob = \"x\"\n", []string{
			`f:7:1: not TOML: expected ',' or ']' after array value`,
			`f:8:7: hosts.bob: "x" is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)`,
		}},
		{"string left open", good + "role = \"auto\nmode = \"x\"\n", []string{
			`f:6:13: not TOML: basic strings cannot have new lines`,
			`f:7:8: link.mode: "x" is unknown; expected "frame" or "cell"`,
		}},
		{"header left open", "[daemon\nsocket = 1\n[hosts]\nbob = 1\n", []string{
			`f:1:8: not TOML: expected ']' to close table name`,
			`f:4:7: hosts.bob: expected a string, found the integer 1; write an address in quotes, such as "49.000000000000000000000000.020000000002.00"`,
		}},
		{"many lines of prose", "this is\nno configuration\nat all\n[hosts]\nbob = 1\n", []string{
			`f:1:6: not TOML: expected '=' after key`,
			`f:5:7: hosts.bob: expected a string, found the integer 1; write an address in quotes, such as "49.000000000000000000000000.020000000002.00"`,
		}},
		{"bad escape", "[daemon]\nsocket = \"/a\\q\"\n", []string{
			`f:2:13: not TOML: invalid escape character U+0071 'q'`,
		}},
		{"not UTF-8", "[hosts]\nbob = \"\xff\"\n", []string{
			`f:2:8: not TOML: invalid UTF-8 character in basic string`,
		}},
		{"control character", "[hosts]\nbob = \"\x07\"\n", []string{
			`f:2:8: not TOML: basic strings cannot have control characters`,
		}},
		{"byte order mark", "\ufeff[daemon]\n", []string{
			`f:1:1: not TOML: invalid character at start of key: U+00EF 'ï'`,
		}},
		{"NUL octets", "\x00\x00\x00", []string{
			`f:1:1: not TOML: invalid character at start of key: U+0000`,
		}},
		{"integer beyond 64 bits", "[daemon]\nsocket = 99999999999999999999\n", []string{
			`f:2:10: not TOML: decimal number is too large to fit in a 64-bit signed integer`,
			`f:2:10: daemon.socket: expected a string, found the integer 99999999999999999999; write socket = "/run/cmd-daemon/cmd.sock"`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(tt.in))
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
