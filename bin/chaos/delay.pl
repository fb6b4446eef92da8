# A slow, lossy line for packets that are routed into a tun device, for kernels without netem (core Perl only).
# Usage: delay.pl NAME DELAY_MS LOSS_PERCENT SEED. Says "ready" when the device is there; ends with its standard input.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($name, $delay, $loss, $seed) = @ARGV;
srand($seed);

# TUNSETIFF with IFF_TUN | IFF_NO_PI: bare IP packets.
sysopen(my $tun, '/dev/net/tun', 2) or die "/dev/net/tun: $!\n";
my $request = pack('Z16 S x22', $name, 0x1001);
ioctl($tun, 0x400454ca, $request) or die "TUNSETIFF: $!\n";
$| = 1;
print "ready\n";

my $wanted = '';
vec($wanted, fileno($tun), 1) = 1;
vec($wanted, fileno(STDIN), 1) = 1;
my @under_way;
while (1) {
  my $now = clock_gettime(CLOCK_MONOTONIC);
  syswrite($tun, (shift @under_way)->[1]) while @under_way && $under_way[0][0] <= $now;
  my $wait = @under_way ? $under_way[0][0] - $now : undef;
  next unless select(my $ready = $wanted, undef, undef, $wait) > 0;
  if (vec($ready, fileno(STDIN), 1)) {
    my $got = sysread(STDIN, my $ignored, 4096);
    exit 0 unless $got;
  }
  next unless vec($ready, fileno($tun), 1);
  my $got = sysread($tun, my $packet, 65536);
  next unless $got;
  next if rand(100) < $loss;
  push @under_way, [clock_gettime(CLOCK_MONOTONIC) + $delay / 1000, $packet];
}
