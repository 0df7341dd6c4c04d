"""Redis, Valkey, Memcached and RabbitMQ."""

from __future__ import annotations

from unit.runtime.bound_services.shapes import Connection, Shape, vcap

PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"
VERIFIED = {"ssl_cert_reqs": "required"}
PRIVATE = {**VERIFIED, "ssl_ca_certs": "/private/.pem"}
TANZU = "q-s0.redis-instance.services.service.internal"
RABBIT = "rabbitmq.services.example"
SENTINEL = (
    "is not set: the binding 'shop' is for Redis Sentinel, whose servers do not fit into one "
    "address. Write them into the app's settings."
)
LOGIN = (
    "needs a login, which the address of a cache cannot hold. Use MEMCACHED_SERVERS, "
    "MEMCACHED_USERNAME and MEMCACHED_PASSWORD in the app's settings."
)

SHAPES = [
    Shape(
        "Redis for VMware Tanzu, shared VM",
        "vcap",
        vcap(
            "p-redis",
            {
                "host": "10.0.16.54",
                "password": "dbfb7d4d-8b5f-4d4b-a5e7-91c3a7b1d2e0",
                "port": 36379,
            },
            "pivotal",
            "redis",
            plan="shared-vm",
        ),
        {
            "REDIS_URL": "redis://:dbfb7d4d-8b5f-4d4b-a5e7-91c3a7b1d2e0@10.0.16.54:36379",
            "CACHE_URL": "redis://:dbfb7d4d-8b5f-4d4b-a5e7-91c3a7b1d2e0@10.0.16.54:36379",
        },
        Connection("10.0.16.54", "36379", "", "dbfb7d4d-8b5f-4d4b-a5e7-91c3a7b1d2e0"),
    ),
    Shape(
        "Redis for VMware Tanzu, with TLS as an option",
        "vcap",
        vcap(
            "p.redis",
            {
                "host": TANZU,
                "password": "p/w",
                "port": 6379,
                "tls_port": 16379,
                "tls_versions": ["tlsv1.2", "tlsv1.3"],
            },
            "redis",
            "pivotal",
            "on-demand",
        ),
        {
            "REDIS_URL": f"rediss://:p%2Fw@{TANZU}:16379?ssl_cert_reqs=required",
            "CACHE_URL": f"rediss://:p%2Fw@{TANZU}:16379",
        },
        Connection(TANZU, "16379", "", "p/w", options=VERIFIED),
        further={"CACHE_URL": Connection(TANZU, "16379", "", "p/w")},
    ),
    Shape(
        "Redis for VMware Tanzu, with TLS only",
        "vcap_file",
        vcap("p.redis", {"host": TANZU, "password": "p", "port": 0, "tls_port": 16379}),
        {
            "REDIS_URL": f"rediss://:p@{TANZU}:16379?ssl_cert_reqs=required",
            "CACHE_URL": f"rediss://:p@{TANZU}:16379",
        },
        Connection(TANZU, "16379", "", "p", options=VERIFIED),
        further={"CACHE_URL": Connection(TANZU, "16379", "", "p")},
    ),
    Shape(
        "Cloud Service Broker for AWS, ElastiCache",
        "vcap",
        vcap(
            "csb-aws-redis",
            {
                "host": "master.csb.euw1.cache.amazonaws.com",
                "name": "csb-redis-1",
                "password": "secret",
                "reader_endpoint": "replica.csb.euw1.cache.amazonaws.com",
                "tls_port": 6379,
            },
            "aws",
            "redis",
        ),
        {
            "REDIS_URL": "rediss://:secret@master.csb.euw1.cache.amazonaws.com:6379"
            "?ssl_cert_reqs=required",
            "CACHE_URL": "rediss://:secret@master.csb.euw1.cache.amazonaws.com:6379",
        },
        Connection(
            "master.csb.euw1.cache.amazonaws.com", "6379", "", "secret", options=VERIFIED
        ),
        further={
            "CACHE_URL": Connection("master.csb.euw1.cache.amazonaws.com", "6379", "", "secret")
        },
    ),
    Shape(
        "Azure Cache for Redis, of the Microsoft Azure Service Broker",
        "vcap",
        vcap(
            "azure-rediscache",
            {
                "name": "shop",
                "hostname": "shop.redis.cache.windows.net",
                "redisPort": 6379,
                "sslPort": 6380,
                "primaryKey": "aB+/=",
                "secondaryKey": "cD+/=",
            },
        ),
        {
            "REDIS_URL": "rediss://:aB%2B%2F%3D@shop.redis.cache.windows.net:6380"
            "?ssl_cert_reqs=required",
            "CACHE_URL": "rediss://:aB%2B%2F%3D@shop.redis.cache.windows.net:6380",
        },
        Connection("shop.redis.cache.windows.net", "6380", "", "aB+/=", options=VERIFIED),
        further={"CACHE_URL": Connection("shop.redis.cache.windows.net", "6380", "", "aB+/=")},
    ),
    Shape(
        "SAP BTP, Redis on hyperscaler option",
        "vcap",
        vcap(
            "redis-cache",
            {
                "cluster_mode": False,
                "hostname": "master.rg-1.euc1.cache.amazonaws.com",
                "password": "tYp",
                "port": 1234,
                "tls": True,
                "uri": "rediss://no-user-name-for-redis:tYp"
                "@master.rg-1.euc1.cache.amazonaws.com:1234",
            },
            "cache",
            "redis",
        ),
        {
            "REDIS_URL": "rediss://:tYp@master.rg-1.euc1.cache.amazonaws.com:1234"
            "?ssl_cert_reqs=required",
            "CACHE_URL": "rediss://:tYp@master.rg-1.euc1.cache.amazonaws.com:1234",
        },
        Connection("master.rg-1.euc1.cache.amazonaws.com", "1234", "", "tYp", options=VERIFIED),
        further={
            "CACHE_URL": Connection("master.rg-1.euc1.cache.amazonaws.com", "1234", "", "tYp")
        },
    ),
    Shape(
        "Redis Enterprise Cloud",
        "vcap",
        vcap(
            "rediscloud",
            {
                "hostname": "pub-redis-6379.us-east-1-2.ec2.redislabs.com",
                "password": "ABCdef",
                "port": "6379",
            },
        ),
        {
            "REDIS_URL": "redis://:ABCdef@pub-redis-6379.us-east-1-2.ec2.redislabs.com:6379",
            "CACHE_URL": "redis://:ABCdef@pub-redis-6379.us-east-1-2.ec2.redislabs.com:6379",
        },
        Connection("pub-redis-6379.us-east-1-2.ec2.redislabs.com", "6379", "", "ABCdef"),
    ),
    Shape(
        "Redis Enterprise for VMware Tanzu",
        "vcap",
        vcap(
            "redislabs",
            {
                "host": "redis-10000.example",
                "ip_list": ["10.0.4.3", "10.0.4.4"],
                "password": "p",
                "port": 10000,
            },
        ),
        {
            "REDIS_URL": "redis://:p@redis-10000.example:10000",
            "CACHE_URL": "redis://:p@redis-10000.example:10000",
        },
        Connection("redis-10000.example", "10000", "", "p"),
    ),
    Shape(
        "Upstash",
        "files",
        {
            "cache": {
                "type": "redis",
                "provider": "upstash",
                "uri": "rediss://default:AX4k@eu1-calm.upstash.io:6379\n",
                "rest_url": "https://eu1-calm.upstash.io",
                "rest_token": "AX4kASQ",
            }
        },
        {
            "REDIS_URL": "rediss://default:AX4k@eu1-calm.upstash.io:6379"
            "?ssl_cert_reqs=required",
            "CACHE_URL": "rediss://default:AX4k@eu1-calm.upstash.io:6379",
        },
        Connection("eu1-calm.upstash.io", "6379", "default", "AX4k", options=VERIFIED),
        further={"CACHE_URL": Connection("eu1-calm.upstash.io", "6379", "default", "AX4k")},
    ),
    Shape(
        "Aiven Operator, Valkey, https://aiven.github.io/aiven-operator/resources/valkey.html",
        "files",
        {
            "valkey": {
                "type": "valkey",
                "provider": "aiven",
                "VALKEY_HOST": "shop.aivencloud.com",
                "VALKEY_PORT": "10833",
                "VALKEY_USER": "default",
                "VALKEY_PASSWORD": "AVNS_x",
                "VALKEY_SSL": "required",
                "host": "shop.aivencloud.com",
                "port": "10833",
                "user": "default",
                "password": "AVNS_x",
                "ssl": "required",
                "ca.crt": PEM,
            }
        },
        {
            "REDIS_URL": "rediss://default:AVNS_x@shop.aivencloud.com:10833"
            "?ssl_cert_reqs=required&ssl_ca_certs=%2Fprivate%2F.pem",
            "CACHE_URL": "rediss://default:AVNS_x@shop.aivencloud.com:10833"
            "?ssl_cert_reqs=required&ssl_ca_certs=%2Fprivate%2F.pem",
            "CACHE_CA_FILE": "/private/.pem",
        },
        Connection("shop.aivencloud.com", "10833", "default", "AVNS_x", options=PRIVATE),
        private_files=[PEM],
    ),
    Shape(
        "KeyDB with mutual TLS, of a user",
        "files",
        {
            "keydb": {
                "type": "keydb",
                "host": "keydb.shop.svc",
                "port": "6379",
                "password": "p",
                "tls": "true",
                "ca.crt": PEM,
                "tls.crt": PEM.replace("MIIB", "MIIC"),
                "tls.key": KEY,
            }
        },
        {
            "REDIS_URL": "rediss://:p@keydb.shop.svc:6379?ssl_cert_reqs=required"
            "&ssl_ca_certs=%2Fprivate%2F.pem&ssl_certfile=%2Fprivate%2F.pem"
            "&ssl_keyfile=%2Fprivate%2F.pem",
            "CACHE_URL": "rediss://:p@keydb.shop.svc:6379?ssl_cert_reqs=required"
            "&ssl_ca_certs=%2Fprivate%2F.pem&ssl_certfile=%2Fprivate%2F.pem"
            "&ssl_keyfile=%2Fprivate%2F.pem",
            "CACHE_CA_FILE": "/private/.pem",
            "CACHE_CERT_FILE": "/private/.pem",
            "CACHE_KEY_FILE": "/private/.pem",
        },
        Connection(
            "keydb.shop.svc",
            "6379",
            "",
            "p",
            options={
                **PRIVATE,
                "ssl_certfile": "/private/.pem",
                "ssl_keyfile": "/private/.pem",
            },
        ),
        private_files=sorted([PEM, PEM.replace("MIIB", "MIIC"), KEY]),
    ),
    Shape(
        "IBM Cloud Databases for Redis",
        "vcap",
        vcap(
            "databases-for-redis",
            {
                "connection": {
                    "cli": {"bin": "redis-cli", "composed": ["redis-cli -u rediss://h"]},
                    "rediss": {
                        "authentication": {"username": "admin", "password": "p"},
                        "certificate": {"certificate_base64": "", "name": "ca"},
                        "composed": ["rediss://admin:p@x.databases.appdomain.cloud:32326/0"],
                        "database": 0,
                        "hosts": [{"hostname": "x.databases.appdomain.cloud", "port": 32326}],
                        "scheme": "rediss",
                        "type": "uri",
                    },
                }
            },
        ),
        {
            "REDIS_URL": "rediss://admin:p@x.databases.appdomain.cloud:32326/0"
            "?ssl_cert_reqs=required",
            "CACHE_URL": "rediss://admin:p@x.databases.appdomain.cloud:32326/0",
        },
        Connection("x.databases.appdomain.cloud", "32326", "admin", "p", "0", options=VERIFIED),
        further={
            "CACHE_URL": Connection("x.databases.appdomain.cloud", "32326", "admin", "p", "0")
        },
    ),
    Shape(
        "Bitnami's Redis, https://github.com/bitnami/charts/tree/main/bitnami/redis",
        "files",
        {
            "redis": {
                "type": "redis",
                "provider": "bitnami",
                "host": "redis-master.shop.svc.cluster.local",
                "port": "6379",
                "password": "x1",
                "uri": "redis://:x1@redis-master.shop.svc.cluster.local:6379",
            }
        },
        {
            "REDIS_URL": "redis://:x1@redis-master.shop.svc.cluster.local:6379",
            "CACHE_URL": "redis://:x1@redis-master.shop.svc.cluster.local:6379",
        },
        Connection("redis-master.shop.svc.cluster.local", "6379", "", "x1"),
    ),
    Shape(
        "Redis Sentinel, of a9s",
        "vcap",
        vcap(
            "a9s-redis50",
            {
                "hosts": ["a9s-redis-0.node.dc1.consul", "a9s-redis-1.node.dc1.consul"],
                "master_name": "a9s-redis",
                "password": "p",
                "sentinel_port": 26379,
            },
            "redis",
        ),
        {},
        warnings=[f"REDIS_URL {SENTINEL}", f"CACHE_URL {SENTINEL}"],
    ),
    Shape(
        "Redis at an IPv6 address, of a user",
        "vcap",
        vcap("user-provided", {"uri": "redis://:p%40@[fd00::1]:6379/2"}),
        {
            "REDIS_URL": "redis://:p%40@[fd00::1]:6379/2",
            "CACHE_URL": "redis://:p%40@fd00%3A%3A1:6379/2",
        },
        Connection("fd00::1", "6379", "", "p@", "2"),
    ),
    Shape(
        "cloudControl, Redis To Go",
        "cred_file",
        {"REDISTOGO": {"REDISTOGO_URL": "redis://redistogo:0a1b@koi.redistogo.com:9652/"}},
        {
            "REDIS_URL": "redis://redistogo:0a1b@koi.redistogo.com:9652",
            "CACHE_URL": "redis://redistogo:0a1b@koi.redistogo.com:9652",
        },
        Connection("koi.redistogo.com", "9652", "redistogo", "0a1b"),
    ),
    Shape(
        "cloudControl, OpenRedis",
        "cred_file",
        {"OPENREDIS": {"OPENREDIS_URL": "redis://:secret@wr1.openredis.com:8000"}},
        {
            "REDIS_URL": "redis://:secret@wr1.openredis.com:8000",
            "CACHE_URL": "redis://:secret@wr1.openredis.com:8000",
        },
        Connection("wr1.openredis.com", "8000", "", "secret"),
    ),
    Shape(
        "dotCloud, Redis",
        "dotcloud",
        {
            "DOTCLOUD_PROJECT": "shop",
            "DOTCLOUD_CACHE_REDIS_HOST": "cache.shop.dotcloud.com",
            "DOTCLOUD_CACHE_REDIS_LOGIN": "root",
            "DOTCLOUD_CACHE_REDIS_PASSWORD": "Q~w",
            "DOTCLOUD_CACHE_REDIS_PORT": "7710",
            "DOTCLOUD_CACHE_REDIS_URL": "redis://root:Q~w@cache.shop.dotcloud.com:7710",
        },
        {
            "REDIS_URL": "redis://root:Q~w@cache.shop.dotcloud.com:7710",
            "CACHE_URL": "redis://root:Q~w@cache.shop.dotcloud.com:7710",
        },
        Connection("cache.shop.dotcloud.com", "7710", "root", "Q~w"),
    ),
    Shape(
        "MemCachier, with a login",
        "vcap",
        vcap(
            "memcachier",
            {
                "servers": "mc1.dev.ec2.memcachier.com:11211,mc2.dev.ec2.memcachier.com:11211",
                "username": "3cc5",
                "password": "a/b",
            },
        ),
        {
            "MEMCACHED_URL": "memcached://3cc5:a%2Fb@mc1.dev.ec2.memcachier.com:11211,"
            "mc2.dev.ec2.memcachier.com:11211",
            "MEMCACHED_SERVERS": "mc1.dev.ec2.memcachier.com:11211,"
            "mc2.dev.ec2.memcachier.com:11211",
            "MEMCACHED_USERNAME": "3cc5",
            "MEMCACHED_PASSWORD": "a/b",
        },
        Connection(
            "mc1.dev.ec2.memcachier.com:11211,mc2.dev.ec2.memcachier.com:11211",
            username="3cc5",
            password="a/b",  # noqa: S106 - of nobody
        ),
        warnings=[f"CACHE_URL is not set: the binding 'shop' {LOGIN}"],
    ),
    Shape(
        "cloudControl, MemCachier",
        "cred_file",
        {
            "MEMCACHIER": {
                "MEMCACHIER_SERVERS": "dev1.ec2.memcachier.com:11211",
                "MEMCACHIER_USERNAME": "u",
                "MEMCACHIER_PASSWORD": "p",
            }
        },
        {
            "MEMCACHED_URL": "memcached://u:p@dev1.ec2.memcachier.com:11211",
            "MEMCACHED_SERVERS": "dev1.ec2.memcachier.com:11211",
            "MEMCACHED_USERNAME": "u",
            "MEMCACHED_PASSWORD": "p",
        },
        Connection("dev1.ec2.memcachier.com", "11211", "u", "p"),
        warnings=[f"CACHE_URL is not set: the binding 'memcachier' {LOGIN}"],
    ),
    Shape(
        "Memcached of several servers, as a list",
        "vcap",
        vcap("memcached", {"servers": ["10.0.0.1:11211", "10.0.0.2:11212"]}),
        {
            "MEMCACHED_URL": "memcached://10.0.0.1:11211,10.0.0.2:11212",
            "MEMCACHED_SERVERS": "10.0.0.1:11211,10.0.0.2:11212",
            "CACHE_URL": "pymemcache://10.0.0.1:11211,10.0.0.2:11212",
        },
        Connection("10.0.0.1:11211,10.0.0.2:11212"),
    ),
    Shape(
        "Bitnami's Memcached",
        "files",
        {"memcached": {"type": "memcached", "host": "memcached.shop.svc", "port": "11211"}},
        {
            "MEMCACHED_URL": "memcached://memcached.shop.svc:11211",
            "MEMCACHED_SERVERS": "memcached.shop.svc:11211",
            "CACHE_URL": "pymemcache://memcached.shop.svc:11211",
        },
        Connection("memcached.shop.svc", "11211"),
    ),
    Shape(
        "RabbitMQ for VMware Tanzu, multi-tenant",
        "vcap",
        vcap(
            "p-rabbitmq",
            {
                "dashboard_url": "https://pivotal-rabbitmq.example/#/login/b5d0/4u3d",
                "hostname": "10.0.4.100",
                "hostnames": ["10.0.4.100", "10.0.4.101"],
                "http_api_uri": "https://b5d0:4u3d@pivotal-rabbitmq.example/api/",
                "http_api_uris": ["https://b5d0:4u3d@pivotal-rabbitmq.example/api/"],
                "password": "4u3d",
                "protocols": {
                    "amqp": {
                        "host": "10.0.4.100",
                        "hosts": ["10.0.4.100", "10.0.4.101"],
                        "password": "4u3d",
                        "port": 5672,
                        "ssl": False,
                        "uri": "amqp://b5d0:4u3d@10.0.4.100:5672/62e5ab21",
                        "uris": ["amqp://b5d0:4u3d@10.0.4.100:5672/62e5ab21"],
                        "username": "b5d0",
                        "vhost": "62e5ab21",
                    },
                    "management": {"uri": "http://b5d0:4u3d@10.0.4.100:15672/api/"},
                },
                "ssl": False,
                "uri": "amqp://b5d0:4u3d@10.0.4.100/62e5ab21",
                "uris": ["amqp://b5d0:4u3d@10.0.4.100/62e5ab21"],
                "username": "b5d0",
                "vhost": "62e5ab21",
            },
            "rabbitmq",
            "messaging",
            "amqp",
        ),
        {
            "RABBITMQ_URL": "amqp://b5d0:4u3d@10.0.4.100/62e5ab21",
            "CLOUDAMQP_URL": "amqp://b5d0:4u3d@10.0.4.100/62e5ab21",
        },
        Connection("10.0.4.100", "", "b5d0", "4u3d", "62e5ab21"),
    ),
    Shape(
        "RabbitMQ for VMware Tanzu, on demand with TLS",
        "vcap",
        vcap(
            "p.rabbitmq",
            {
                "dashboard_url": "https://rmq.example/#/login/u/p",
                "hostname": RABBIT,
                "hostnames": [RABBIT],
                "password": "p",
                "protocols": {
                    "amqp+ssl": {
                        "host": RABBIT,
                        "password": "p",
                        "port": 5671,
                        "ssl": True,
                        "uri": f"amqps://u:p@{RABBIT}:5671/62%2Fe5",
                        "username": "u",
                        "vhost": "62/e5",
                    },
                    "management+ssl": {"uri": f"https://u:p@{RABBIT}:15671/api/"},
                },
                "ssl": True,
                "uri": f"amqps://u:p@{RABBIT}/62%2Fe5",
                "username": "u",
                "vhost": "62/e5",
            },
            "rabbitmq",
        ),
        {
            "RABBITMQ_URL": f"amqps://u:p@{RABBIT}/62%2Fe5",
            "CLOUDAMQP_URL": f"amqps://u:p@{RABBIT}/62%2Fe5",
        },
        Connection(RABBIT, "", "u", "p", "62/e5"),
    ),
    Shape(
        "RabbitMQ with both protocols, and no address for all",
        "vcap",
        vcap(
            "rabbitmq",
            {
                "protocols": {
                    "amqp": {
                        "host": RABBIT,
                        "port": 5672,
                        "username": "u",
                        "password": "p@",
                        "vhost": "/",
                    },
                    "amqp+ssl": {
                        "host": RABBIT,
                        "port": 5671,
                        "username": "u",
                        "password": "p@",
                        "vhost": "/",
                    },
                }
            },
        ),
        {
            "RABBITMQ_URL": f"amqps://u:p%40@{RABBIT}:5671/%2F",
            "CLOUDAMQP_URL": f"amqps://u:p%40@{RABBIT}:5671/%2F",
        },
        Connection(RABBIT, "5671", "u", "p@", "/"),
    ),
    Shape(
        "CloudAMQP",
        "vcap",
        vcap(
            "cloudamqp",
            {
                "http_api_uri": "https://qnwtmupr:abc@duckbill.rmq.cloudamqp.com/api/",
                "uri": "amqps://qnwtmupr:abc@duckbill.rmq.cloudamqp.com/qnwtmupr",
            },
        ),
        {
            "RABBITMQ_URL": "amqps://qnwtmupr:abc@duckbill.rmq.cloudamqp.com/qnwtmupr",
            "CLOUDAMQP_URL": "amqps://qnwtmupr:abc@duckbill.rmq.cloudamqp.com/qnwtmupr",
        },
        Connection("duckbill.rmq.cloudamqp.com", "", "qnwtmupr", "abc", "qnwtmupr"),
    ),
    Shape(
        "cloudControl, CloudAMQP",
        "cred_file",
        {"CLOUDAMQP": {"CLOUDAMQP_URL": "amqp://app:xyz@lemur.cloudamqp.com/app"}},
        {
            "RABBITMQ_URL": "amqp://app:xyz@lemur.cloudamqp.com/app",
            "CLOUDAMQP_URL": "amqp://app:xyz@lemur.cloudamqp.com/app",
        },
        Connection("lemur.cloudamqp.com", "", "app", "xyz", "app"),
    ),
    Shape(
        "LavinMQ, of a user",
        "vcap_file",
        vcap(
            "user-provided",
            {"uri": "amqps://u:p%2Fq@possum.lmq.cloudamqp.com/u?heartbeat=30&frame_max=8192"},
            name="lavinmq",
        ),
        {
            "RABBITMQ_URL": "amqps://u:p%2Fq@possum.lmq.cloudamqp.com/u?heartbeat=30",
            "CLOUDAMQP_URL": "amqps://u:p%2Fq@possum.lmq.cloudamqp.com/u?heartbeat=30",
        },
        Connection(
            "possum.lmq.cloudamqp.com", "", "u", "p/q", "u", options={"heartbeat": "30"}
        ),
    ),
    Shape(
        "Amazon MQ for RabbitMQ, of a user",
        "files",
        {
            "queue": {
                "type": "rabbitmq",
                "provider": "aws",
                "uri": "amqps://b-1.mq.eu-west-1.amazonaws.com:5671",
                "username": "shop",
                "password": "p+q",
            }
        },
        {
            "RABBITMQ_URL": "amqps://shop:p%2Bq@b-1.mq.eu-west-1.amazonaws.com:5671",
            "CLOUDAMQP_URL": "amqps://shop:p%2Bq@b-1.mq.eu-west-1.amazonaws.com:5671",
        },
        Connection("b-1.mq.eu-west-1.amazonaws.com", "5671", "shop", "p+q"),
    ),
    Shape(
        "RabbitMQ Cluster Operator, "
        "https://www.rabbitmq.com/kubernetes/operator/using-operator#find",
        "files",
        {
            "rabbit": {
                "type": "rabbitmq",
                "provider": "rabbitmq",
                "host": "rabbit.shop.svc",
                "port": "5671",
                "username": "default_user_x",
                "password": "pw",
                "connection_string": "amqps://default_user_x:pw@rabbit.shop.svc:5671/",
                "default_user.conf": "default_user = default_user_x\ndefault_pass = pw\n",
                "ca.crt": PEM,
            }
        },
        {
            "RABBITMQ_URL": "amqps://default_user_x:pw@rabbit.shop.svc:5671",
            "CLOUDAMQP_URL": "amqps://default_user_x:pw@rabbit.shop.svc:5671",
            "RABBITMQ_CA_FILE": "/private/.pem",
        },
        Connection("rabbit.shop.svc", "5671", "default_user_x", "pw"),
        private_files=[PEM],
    ),
    Shape(
        "RabbitMQ of the first Cloud Foundry",
        "vcap",
        {
            "rabbitmq-2.4": [
                {
                    "name": "rabbit",
                    "label": "rabbitmq-2.4",
                    "plan": "free",
                    "tags": ["rabbitmq-2.4", "message-queue"],
                    "credentials": {
                        "name": "6a2",
                        "hostname": "172.30.48.105",
                        "host": "172.30.48.105",
                        "port": 19000,
                        "vhost": "vd1",
                        "username": "uj",
                        "user": "uj",
                        "password": "pz",
                        "pass": "pz",
                        "url": "amqp://uj:pz@172.30.48.105:19000/vd1",
                    },
                }
            ]
        },
        {
            "RABBITMQ_URL": "amqp://uj:pz@172.30.48.105:19000/vd1",
            "CLOUDAMQP_URL": "amqp://uj:pz@172.30.48.105:19000/vd1",
        },
        Connection("172.30.48.105", "19000", "uj", "pz", "vd1"),
    ),
]
