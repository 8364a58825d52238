// Package config reads the daemon's configuration: one TOML file, taken strictly.
//
// An unknown key, a wrong type, a value out of range, a missing key and a contradiction between two
// links are errors. Each is an [Error] that says file, line, column, what is wrong, what was
// expected and what to do, with the nearest valid word where one is near; all of a file's errors
// are reported at once, as [Errors]. After an error of TOML itself, reading goes on with the next
// line or table, so that one missing quote does not hide the rest.
//
// Values are converted at the door: a [Config] holds addresses, prefixes, rates and enumerations,
// no text of the file but names. The package knows nothing of the machine it runs on, with one
// exception at the caller's wish, [Config.CheckPeers]: it opens no interface and no socket, and it
// does not write files. Only the daemon and the lab import it.
//
// The format is TOML 1.0 (toml.io/en/v1.0.0) as github.com/pelletier/go-toml/v2 reads it. That
// library parses; the schema and every message about it are this package's, because the library's
// strict decoding stops at the first wrong type and cannot say what would be right.
//
//	 octets            tree with places             Config
//	+--------+ parser +----------------+  fields  +---------+
//	| *.toml |------->| table, entry,  |--------->| Daemon  |
//	+--------+        | value at pos   |          | Links   |
//	                  +----------------+          | PVCs    |
//	                      |        |              | Hosts   |
//	                      |        | unknown, type | Limits  |
//	                      |        |               +---------+
//	              not TOML|        | range, twice      | same peer, same prefix
//	                      v        v                   v
//	                  [ Errors: path:line:column: key: message ]
//
// # Reference
//
// Every key with its default. A key marked as required has none.
//
//	[daemon]                  the daemon as a whole
//	  socket = "/run/cmd-daemon/cmd.sock"
//	                          absolute path of the socket that serves the clients
//	  address = ""            this host's AESA or E.164 address; empty: AFI 49 and the NIC's MAC
//	  workers = 0             threads that receive on each NIC, and that send; 0: one a processor, just 1 on less than 4
//	  cpus = []               processors of the workers, one for each; empty: the kernel chooses
//	  busy_poll = "20us"      how long a worker looks for work before it sleeps; 0us: not at all
//	[limits]                  what clients may hold; more is refused with RESOURCES
//	  clients = 1024          connections at a time
//	  clients_per_user = 128  connections of one user
//	  vcs = 4096              VCs of a client
//	  vcs_per_user = 8192     VCs of all clients of one user
//	  saps = 256              SAPs of a client
//	  parties = 4096          parties of a client's point-to-multipoint calls
//	  calls_in_progress = 512 calls of a client that are not connected yet
//	  backlog = 4096          calls of all clients that are not connected yet
//	  ring_memory = "1GiB"    memory that the rings of a client's VCs may take
//	[[link]]                  one peer, through one NIC or over IP; write one for each
//	  name (required)         what the tables call the link; unique
//	  transport = "ethernet"  what carries it: ethernet (a NIC), atmtcp (TCP, to an old kernel's stack), udp-cell (GNS3, dynamips)
//	  interface (required)    the NIC
//	  peer (required)         MAC address of the peer's NIC
//	  listen = ""             over atmtcp: where the peer connects to; over udp-cell: this end
//	  connect = ""            over atmtcp: where the peer listens; over udp-cell: the peer's end
//	  role = "auto"           side of the UNI: auto (the lower MAC is the network), user, network
//	  profile = "uni4.0"      edition of the UNI that the peer speaks: uni4.0, uni3.1, uni3.0
//	  mode = "frame"          encapsulation: frame (RFC 4717 AAL5 SDU mode), cell (N-to-one cells)
//	  cell_label = 32         in cell mode: the label of the pseudowire, both ways
//	  control_word = true     in cell mode: whether frames have a control word
//	  cells_per_frame = 0     in cell mode: most cells of a frame; 0: as many as the MTU takes
//	  cell_delay = "100us"    in cell mode: how long cells wait for others to share a frame; 0us: not at all
//	  any_aal5_crc = false    over udp-cell: accept SDUs whatever their CRC is, as dynamips sends them
//	  transmit = "packet"     how data leaves the NIC: packet (AF_PACKET), xdp (AF_XDP: faster, past tc and tcpdump), auto
//	  receive = "packet"      how data comes from the NIC: packet (AF_PACKET), xdp (AF_XDP: off the NIC, past tcpdump), auto (xdp if zero-copy)
//	  capacity = ""           bound of reservations and of what is sent, in wire bits; empty: the NIC's speed, OC-3 over IP
//	  policing = "on"         whether what comes in excess of a contract is dropped or tagged: on, off
//	  transit_delay = "0ms"   what the link adds to the end-to-end transit delay of calls
//	  cell_delay_variation = "0us"
//	                          what the link adds to the peak-to-peak cell delay variation of calls
//	  cell_loss_ratio = "0"   cells that the link loses, a power of ten; 0: none worth counting
//	  prefixes = []           beginnings of the addresses reached over this link
//	[[pvc]]                   a permanent VC, without signalling; write one for each, and the same at the peer
//	  name = ""               what the tables call it; unique
//	  link (required)         name of its link
//	  vpi = 0                 virtual path identifier, 0 to 14
//	  vci (required)          virtual channel identifier, 32 to 65535; no call gets it
//	  destination = ""        address, or name of [hosts], by which calls find it; empty: by VPI/VCI alone
//	  selector = ""           offer it to SAPs for this selector, two hexadecimal digits; empty: to none
//	  bhli = ""               what it carries: contents of the B-HLI element in hexadecimal
//	  blli = ""               what it carries: contents of a B-LLI element in hexadecimal
//	  category = ""           service category: CBR, rt-VBR, nrt-VBR, UBR; empty: CBR with a rate, UBR without
//	  pcr = ""                peak rate of SDU payload, both ways; empty: best effort at the link's capacity
//	  scr = ""                sustainable rate both ways, of VBR
//	  mbs = 0                 maximum burst size in cells both ways, of VBR
//	  mdcr = ""               minimum desired rate both ways, of UBR
//	  max_sdu = 0             largest SDU in octets both ways; 0: what one frame of the link carries
//	  min_policed = 0         minimum policed size in octets both ways: smaller SDUs are charged as this
//	  tagging = false         what is in excess gets the loss priority rather than being dropped
//	  receive_pcr = ""        peak rate of what comes; empty: that of pcr
//	  receive_scr = ""        sustainable rate of what comes; empty: that of scr
//	  receive_mbs = 0         maximum burst size of what comes; 0: that of mbs
//	  receive_mdcr = ""       minimum desired rate of what comes; empty: that of mdcr
//	  receive_max_sdu = 0     largest SDU that comes; 0: that of max_sdu
//	[[pseudowire]]            a permanent VC over a static pseudowire to a router, with labels of its own
//	  local_label (required)  label of what comes, 16 to 65535
//	  remote_label (required) label of what is sent, 16 to 65535
//	  mode (required)         encapsulation (RFC 4717): one-to-one-vcc, one-to-one-vpc (cells), aal5-pdu, aal5-sdu
//	  name = ""               what the tables call it; unique
//	  link (required)         name of its link
//	  vpi = 0                 virtual path identifier, 0 to 14
//	  vci (required)          virtual channel identifier, 32 to 65535; no call gets it
//	  destination = ""        address, or name of [hosts], by which calls find it; empty: by VPI/VCI alone
//	  selector = ""           offer it to SAPs for this selector, two hexadecimal digits; empty: to none
//	  bhli = ""               what it carries: contents of the B-HLI element in hexadecimal
//	  blli = ""               what it carries: contents of a B-LLI element in hexadecimal
//	  category = ""           service category: CBR, rt-VBR, nrt-VBR, UBR; empty: CBR with a rate, UBR without
//	  pcr = ""                peak rate of SDU payload, both ways; empty: best effort at the link's capacity
//	  scr = ""                sustainable rate both ways, of VBR
//	  mbs = 0                 maximum burst size in cells both ways, of VBR
//	  mdcr = ""               minimum desired rate both ways, of UBR
//	  max_sdu = 0             largest SDU in octets both ways; 0: what one frame of the link carries
//	  min_policed = 0         minimum policed size in octets both ways: smaller SDUs are charged as this
//	  tagging = false         what is in excess gets the loss priority rather than being dropped
//	  receive_pcr = ""        peak rate of what comes; empty: that of pcr
//	  receive_scr = ""        sustainable rate of what comes; empty: that of scr
//	  receive_mbs = 0         maximum burst size of what comes; 0: that of mbs
//	  receive_mdcr = ""       minimum desired rate of what comes; empty: that of mdcr
//	  receive_max_sdu = 0     largest SDU that comes; 0: that of max_sdu
//	[hosts]                   names for addresses: name = "address"
//
// A user is a user identifier of the system, and its limits bind neither root nor the administrators. A
// size of memory is a number and a unit: "256MiB".
//
// A link over udp-cell has no NIC and no MACs either: it has both of listen and connect, IP addresses with
// ports, no peer, a role, and the host's own address.
//
// A link over atmtcp has no NIC and no MACs: it has no interface, no mode, no transmit and no receive, it needs a role, one of
// listen and connect, and the host's own address, and its peer is no MAC but, with listen alone, the
// IP address or network of who may connect (192.0.2.1, 2001:db8::/64). OC-3 is 155.52Mbit/s.
//
// An address is an AESA of 40 hexadecimal digits with dots anywhere, or an E.164 number of 1 to 15
// digits with or without a plus sign. A prefix is 1 to 38 hexadecimal digits with dots anywhere, or
// a plus sign and decimal digits; the longest one that matches is the route. A rate is a number and
// a unit: "200Mbit/s". A file without a link is valid: it is that of a host not yet connected.
//
// What a PVC says of rates, bursts and sizes is its contract: rates are those of SDU payload at full cells.
// The direction in which the peer sends has what the other one has, but for the keys with receive_. The
// PVCs of a link with a capacity are checked against it together; where the capacity is the NIC's speed
// the daemon does so when it knows that.
//
// # Concurrency
//
// Parse and Load keep no state. A Config is not changed after they have returned it and may be read
// from any goroutine.
package config
