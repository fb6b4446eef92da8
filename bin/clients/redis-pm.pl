# Redis.pm (libredis-perl): the master through its `sentinels` option, replicas as SENTINEL SLAVES names them.
# Speaks the lines of src/tools/clients/follower.ts.
# Arguments: group name, key, seconds to live, host:port of each Sentinel.

use strict;
use warnings;
use Redis;
use Redis::Sentinel;
use Time::HiRes qw(sleep time);

my ($name, $key, $seconds, @places) = @ARGV;
$| = 1;

my %patience = (cnx_timeout => 0.5, read_timeout => 0.5, write_timeout => 0.5);
my $end = time + $seconds;
my ($master, $replica, $found);

sub say_line { print join(' ', @_), "\n" }

# Runs a step; false, with the reason told, when it failed.
sub trial {
    my ($step) = @_;
    return 1 if eval { $step->(); 1 };
    my ($text) = split /\n/, $@;
    say_line('fail', $text);
    return 0;
}

sub open_master {
    return Redis->new(
        sentinels => [@places], service => $name, %patience,
        sentinels_cnx_timeout => 0.5, sentinels_read_timeout => 0.5, sentinels_write_timeout => 0.5,
    );
}

sub replicas {
    for my $place (@places) {
        my $rows = eval {
            Redis::Sentinel->new(server => $place, %patience)->sentinel('slaves', $name);
        } or next;
        my @all = map { +{@$_} } @$rows;
        return map {"$_->{ip}:$_->{port}"} grep { $_->{flags} !~ /s_down|o_down|disconnected/ } @all;
    }
    die "no Sentinel answers\n";
}

sub discover {
    my $sentinel = Redis::Sentinel->new(server => $places[0], %patience);
    my @masters = $sentinel->get_masters;
    die "get_masters\n" unless @masters == 1 && $masters[0]{name} eq $name;
    say_line('master', $sentinel->get_service_address($name));
    say_line('replica', $_) for replicas();
}

say_line('version', $Redis::VERSION);
for (my $turn = 1; time < $end; $turn++) {
    $found ||= trial(\&discover);
    trial(sub {
        $master ||= open_master();
        $master->set($key, $turn);
        say_line('write', $turn);
    }) or undef $master;
    if ($turn % 5 == 0) {
        trial(sub {
            if (!$replica) {
                my @all = replicas() or die "no replica\n";
                $replica = Redis->new(server => $all[rand @all], %patience);
            }
            my $info = $replica->info;
            say_line('read', $info->{role}, $info->{tcp_port});
            undef $replica if $info->{role} ne 'slave';
        }) or undef $replica;
    }
    sleep 0.02;
}
