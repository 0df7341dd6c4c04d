"""PostgreSQL, MySQL and the databases that are compatible with them."""

from __future__ import annotations

import base64

from unit.runtime.bound_services.shapes import Connection, Shape, vcap

CA = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIICszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"
ROOT = {"sslmode": "verify-ca", "sslrootcert": "/private/.pem"}
OPTION_FILE = {"read_default_file": "/private/.cnf"}
OF_CA = "[client]\nssl-ca=/private/.pem\nssl-mode=VERIFY_CA\n"
ENCRYPTED = "[client]\nssl-mode=REQUIRED\nssl-enforce=1\nssl-cipher=DEFAULT\n"
TANZU = "q-n2s3y1.q-g696.bosh"
RDS = "db.cdhnnutnlctj.eu-west-1.rds.example"
IBM = "2c0c.databases.example"
OF_IBM = f"postgres://ibm_cloud_1:p@{IBM}:31525/ibmclouddb"

OF_CLOUD_FOUNDRY = [
    Shape(
        "Cloud Foundry, version 1 https://github.com/cloudfoundry-attic/vcap",
        "vcap",
        vcap(
            "mysql-5.1",
            {
                "name": "d6d665aa69817406d8901cd145e05e3c6",
                "hostname": "mysql-node01.example",
                "host": "mysql-node01.example",
                "port": 3306,
                "user": "uB7CoL4Hxv9Ny",
                "username": "uB7CoL4Hxv9Ny",
                "password": "pzAx0iaOp2yKB",
            },
            "mysql",
            "mysql-5.1",
            "relational",
        ),
        {
            "DATABASE_URL": "mysql://uB7CoL4Hxv9Ny:pzAx0iaOp2yKB@mysql-node01.example:3306/"
            "d6d665aa69817406d8901cd145e05e3c6"
        },
        Connection(
            "mysql-node01.example",
            "3306",
            "uB7CoL4Hxv9Ny",
            "pzAx0iaOp2yKB",
            "d6d665aa69817406d8901cd145e05e3c6",
        ),
    ),
    Shape(
        "ClearDB https://docs.cloudfoundry.org/services/binding-credentials.html",
        "vcap",
        vcap(
            "cleardb",
            {
                "name": "ad_c6f4446532610ab",
                "hostname": "us-cdbr-east-03.example",
                "port": "3306",
                "username": "b5d435f40dd2b2",
                "password": "ebfc00ac",
                "uri": "mysql://b5d435f40dd2b2:ebfc00ac@us-cdbr-east-03.example:3306/"
                "ad_c6f4446532610ab?reconnect=true",
                "jdbcUrl": "jdbc:mysql://us-cdbr-east-03.example/ad_c6f4446532610ab",
            },
        ),
        {
            "DATABASE_URL": "mysql://b5d435f40dd2b2:ebfc00ac@us-cdbr-east-03.example:3306/"
            "ad_c6f4446532610ab"
        },
        Connection(
            "us-cdbr-east-03.example",
            "3306",
            "b5d435f40dd2b2",
            "ebfc00ac",
            "ad_c6f4446532610ab",
        ),
    ),
    Shape(
        "ClearDB, after Cloud Foundry's launcher",
        "vcap",
        vcap("cleardb", {"uri": "mysql://u:p@h.example:3306/d?reconnect=true"}),
        {"DATABASE_URL": "mysql://u:p@h.example:3306/d"},
        Connection("h.example", "3306", "u", "p", "d"),
        environment={"DATABASE_URL": "mysql2://u:p@h.example:3306/d?reconnect=true"},
    ),
    Shape(
        "ElephantSQL, which has only an address",
        "vcap",
        vcap(
            "elephantsql",
            {"uri": "postgres://qfzbkvwz:SbX@horton.example:5432/qfzbkvwz", "max_conns": "5"},
        ),
        {"DATABASE_URL": "postgres://qfzbkvwz:SbX@horton.example:5432/qfzbkvwz"},
        Connection("horton.example", "5432", "qfzbkvwz", "SbX", "qfzbkvwz"),
    ),
    Shape(
        "MySQL for VMware Tanzu",
        "vcap",
        vcap(
            "p.mysql",
            {
                "hostname": TANZU,
                "jdbcUrl": f"jdbc:mysql://{TANZU}:3306/service_instance_db?user=u&password=p"
                "&useSSL=false",
                "name": "service_instance_db",
                "password": "p",
                "port": 3306,
                "uri": f"mysql://u:p@{TANZU}:3306/service_instance_db?reconnect=true",
                "username": "u",
            },
            "mysql",
        ),
        {"DATABASE_URL": f"mysql://u:p@{TANZU}:3306/service_instance_db"},
        Connection(TANZU, "3306", "u", "p", "service_instance_db"),
    ),
    Shape(
        "MySQL for VMware Tanzu, with TLS",
        "vcap_file",
        vcap(
            "p.mysql",
            {
                "hostname": TANZU,
                "name": "service_instance_db",
                "password": "p",
                "port": 3306,
                "tls": {"cert": {"ca": CA}},
                "uri": f"mysql://u:p@{TANZU}:3306/service_instance_db?reconnect=true",
                "username": "u",
            },
            "mysql",
        ),
        {
            "DATABASE_URL": f"mysql://u:p@{TANZU}:3306/service_instance_db"
            "?read_default_file=%2Fprivate%2F.cnf"
        },
        Connection(TANZU, "3306", "u", "p", "service_instance_db", OPTION_FILE),
        private_files=[CA, OF_CA],
    ),
    Shape(
        "Postgres for VMware Tanzu, with several hosts",
        "vcap",
        vcap(
            "postgres",
            {
                "db": "postgres",
                "hosts": ["q-s0.postgres.example", "q-s1.postgres.example"],
                "jdbcUrl": "jdbc:postgresql://q-s0.postgres.example:5432/postgres",
                "password": "p",
                "port": 5432,
                "uri": "postgresql://pgadmin:p@q-s0.postgres.example:5432,"
                "q-s1.postgres.example:5432/postgres?target_session_attrs=primary",
                "user": "pgadmin",
            },
        ),
        {
            "DATABASE_URL": "postgresql://pgadmin:p@/postgres?target_session_attrs=primary"
            "&host=q-s0.postgres.example%2Cq-s1.postgres.example&port=5432%2C5432"
        },
        Connection(
            "",
            "",
            "pgadmin",
            "p",
            "postgres",
            {
                "target_session_attrs": "primary",
                "host": "q-s0.postgres.example,q-s1.postgres.example",
                "port": "5432,5432",
            },
        ),
    ),
    Shape(
        "Crunchy PostgreSQL for VMware Tanzu",
        "vcap",
        vcap(
            "postgresql-9.5-odb",
            {
                "db_host": "haproxy.example",
                "db_name": "d",
                "db_port": 5432,
                "jdbc_read_uri": "jdbc:postgresql://haproxy.example:5433/d?user=u&password=p",
                "jdbc_uri": "jdbc:postgresql://haproxy.example:5432/d?user=u&password=p",
                "password": "p",
                "read_host": "haproxy.example",
                "read_port": 5433,
                "read_uri": "postgresql://u:p@haproxy.example:5433/d",
                "service_id": "crunchy",
                "uri": "postgresql://u:p@haproxy.example:5432/d",
                "username": "u",
            },
            "crunchy",
            "postgresql",
        ),
        {"DATABASE_URL": "postgresql://u:p@haproxy.example:5432/d"},
        Connection("haproxy.example", "5432", "u", "p", "d"),
    ),
    Shape(
        "a9s PostgreSQL",
        "vcap",
        vcap(
            "a9s-postgresql13",
            {
                "cacrt": CA.replace("\n", "\\n"),
                "host": "pgd.service.dc1.a9s-consul",
                "hosts": ["pgd.node.dc1.a9s-consul"],
                "name": "d",
                "password": "p",
                "port": 5432,
                "uri": "postgres://u:p@pgd.service.dc1.a9s-consul:5432/d",
                "username": "u",
            },
            "sql",
            "database",
        ),
        {
            "DATABASE_URL": "postgres://u:p@pgd.service.dc1.a9s-consul:5432/d?"
            "sslmode=verify-ca&sslrootcert=%2Fprivate%2F.pem"
        },
        Connection("pgd.service.dc1.a9s-consul", "5432", "u", "p", "d", ROOT),
        private_files=[CA],
    ),
    Shape(
        "Swisscom's MariaDB",
        "vcap",
        vcap(
            "mariadbent",
            {
                "host": "mysql.service.consul",
                "hostname": "mysql.service.consul",
                "port": 3306,
                "name": "CF_2D3E",
                "database": "CF_2D3E",
                "username": "VPN",
                "password": "p",
                "database_uri": "mysql://VPN:p@mysql.service.consul:3306/CF_2D3E?reconnect=true",
                "uri": "mysql://VPN:p@mysql.service.consul:3306/CF_2D3E?reconnect=true",
                "jdbcUrl": "jdbc:mysql://mysql.service.consul:3306/CF_2D3E?user=VPN",
            },
        ),
        {"DATABASE_URL": "mysql://VPN:p@mysql.service.consul:3306/CF_2D3E"},
        Connection("mysql.service.consul", "3306", "VPN", "p", "CF_2D3E"),
    ),
    Shape(
        "cloud.gov and GOV.UK, Amazon RDS https://cloud.gov/docs/services/relational-database/",
        "vcap",
        vcap(
            "aws-rds",
            {
                "db_name": "broker_d",
                "host": RDS,
                "name": "broker_d",
                "password": "p",
                "port": "5432",
                "uri": f"postgres://u:p@{RDS}:5432/broker_d",
                "username": "u",
            },
            "database",
            "RDS",
        ),
        {"DATABASE_URL": f"postgres://u:p@{RDS}:5432/broker_d"},
        Connection(RDS, "5432", "u", "p", "broker_d"),
    ),
    Shape(
        "Amazon RDS by another broker, without an address",
        "vcap",
        vcap(
            "rdsmysql",
            {"host": RDS, "port": "3306", "db_name": "d", "username": "u", "password": "p/w"},
        ),
        {"DATABASE_URL": f"mysql://u:p%2Fw@{RDS}:3306/d"},
        Connection(RDS, "3306", "u", "p/w", "d"),
    ),
    Shape(
        "Cloud Service Broker for AWS, PostgreSQL",
        "vcap",
        vcap(
            "csb-aws-postgresql",
            {
                "arn": "arn:aws:rds:eu-west-1:1:db:d",
                "hostname": RDS,
                "jdbcUrl": f"jdbc:postgresql://{RDS}:5432/vsbdb?user=u&password=p&sslmode=x",
                "name": "vsbdb",
                "password": "p",
                "port": 5432,
                "region": "eu-west-1",
                "uri": f"postgresql://u:p@{RDS}:5432/vsbdb",
                "use_tls": True,
                "username": "u",
            },
            "aws",
            "postgresql",
            "postgres",
        ),
        {"DATABASE_URL": f"postgresql://u:p@{RDS}:5432/vsbdb?sslmode=require"},
        Connection(RDS, "5432", "u", "p", "vsbdb", {"sslmode": "require"}),
    ),
    Shape(
        "Cloud Service Broker for Azure, MySQL",
        "vcap",
        vcap(
            "csb-azure-mysql",
            {
                "hostname": "csb.mysql.database.azure.example",
                "name": "vsbdb",
                "password": "p",
                "port": 3306,
                "uri": "mysql://u%40csb:p@csb.mysql.database.azure.example:3306/vsbdb",
                "use_tls": True,
                "username": "u@csb",
            },
            "azure",
            "mysql",
        ),
        {
            "DATABASE_URL": "mysql://u%40csb:p@csb.mysql.database.azure.example:3306/vsbdb"
            "?read_default_file=%2Fprivate%2F.cnf"
        },
        Connection(
            "csb.mysql.database.azure.example", "3306", "u@csb", "p", "vsbdb", OPTION_FILE
        ),
        private_files=[ENCRYPTED],
    ),
    Shape(
        "Cloud Service Broker for Google, PostgreSQL",
        "vcap",
        vcap(
            "csb-google-postgres",
            {
                "hostname": "10.1.2.3",
                "jdbcUrl": "jdbc:postgresql://10.1.2.3:5432/d?user=u&password=p&ssl=true",
                "name": "d",
                "password": "p",
                "port": 5432,
                "require_ssl": True,
                "sslcert": CERTIFICATE,
                "sslkey": KEY,
                "sslrootcert": CA,
                "uri": "postgresql://u:p@10.1.2.3:5432/d",
                "username": "u",
            },
            "gcp",
            "postgresql",
        ),
        {
            "DATABASE_URL": "postgresql://u:p@10.1.2.3:5432/d?sslmode=require"
            "&sslrootcert=%2Fprivate%2F.pem&sslcert=%2Fprivate%2F.pem&sslkey=%2Fprivate%2F.pem"
        },
        Connection(
            "10.1.2.3",
            "5432",
            "u",
            "p",
            "d",
            {
                "sslmode": "require",
                "sslrootcert": "/private/.pem",
                "sslcert": "/private/.pem",
                "sslkey": "/private/.pem",
            },
        ),
        private_files=[CA, CERTIFICATE, KEY],
    ),
    Shape(
        "Google's older broker https://github.com/GoogleCloudPlatform/gcp-service-broker",
        "vcap",
        vcap(
            "google-cloudsql-mysql",
            {
                "CaCert": CA,
                "ClientCert": CERTIFICATE,
                "ClientKey": KEY,
                "Password": "p",
                "UriPrefix": "",
                "Username": "u",
                "database_name": "d",
                "host": "203.0.113.9",
                "instance_name": "pcf-sb-1",
                "uri": "mysql://u:p@203.0.113.9/d?ssl_mode=required",
            },
            "gcp",
            "cloudsql",
            "mysql",
        ),
        {"DATABASE_URL": "mysql://u:p@203.0.113.9/d?read_default_file=%2Fprivate%2F.cnf"},
        Connection("203.0.113.9", "", "u", "p", "d", OPTION_FILE),
        private_files=[
            CA,
            CERTIFICATE,
            KEY,
            OF_CA.replace("ssl-ca", "ssl-cert=/private/.pem\nssl-key=/private/.pem\nssl-ca"),
        ],
    ),
    Shape(
        "Open Service Broker for Azure, PostgreSQL",
        "vcap",
        vcap(
            "azure-postgresql-9-6",
            {
                "host": "s.postgres.database.azure.example",
                "port": 5432,
                "database": "d",
                "username": "u@s",
                "password": "p",
                "sslRequired": True,
                "tags": ["postgresql"],
                "uri": "postgresql://u%40s:p@s.postgres.database.azure.example:5432/d"
                "?&sslmode=require",
            },
        ),
        {
            "DATABASE_URL": "postgresql://u%40s:p@s.postgres.database.azure.example:5432/d"
            "?sslmode=require"
        },
        Connection(
            "s.postgres.database.azure.example",
            "5432",
            "u@s",
            "p",
            "d",
            {"sslmode": "require"},
        ),
    ),
    Shape(
        "IBM Databases for PostgreSQL",
        "vcap",
        vcap(
            "databases-for-postgresql",
            {
                "connection": {
                    "cli": {
                        "bin": "psql",
                        "composed": [[f"PGPASSWORD=p psql 'host={IBM} port=31525'"]],
                        "environment": {"PGPASSWORD": "p"},
                        "type": "cli",
                    },
                    "postgres": {
                        "authentication": {
                            "method": "direct",
                            "password": "p",
                            "username": "ibm_cloud_1",
                        },
                        "certificate": {
                            "certificate_base64": base64.b64encode(CA.encode()).decode(),
                            "name": "4a",
                        },
                        "composed": [f"{OF_IBM}?sslmode=verify-full"],
                        "database": "ibmclouddb",
                        "hosts": [{"hostname": IBM, "port": 31525}],
                        "path": "/ibmclouddb",
                        "scheme": "postgres",
                    },
                },
                "instance_administration_api": {"root": "https://api.example/v5/ibm"},
            },
        ),
        {"DATABASE_URL": f"{OF_IBM}?sslmode=verify-full&sslrootcert=%2Fprivate%2F.pem"},
        Connection(
            IBM,
            "31525",
            "ibm_cloud_1",
            "p",
            "ibmclouddb",
            {"sslmode": "verify-full", "sslrootcert": "/private/.pem"},
        ),
        private_files=[CA],
    ),
    Shape(
        "SAP's PostgreSQL, which has a certificate of the server in `sslcert`",
        "vcap",
        vcap(
            "postgresql-db",
            {
                "dbname": "d",
                "hostname": RDS,
                "password": "p",
                "port": "2477",
                "sslcert": CERTIFICATE,
                "sslrootcert": CA,
                "uri": f"postgres://u:p@{RDS}:2477/d",
                "username": "u",
            },
            "postgresql",
            "relational",
        ),
        {
            "DATABASE_URL": f"postgres://u:p@{RDS}:2477/d?sslmode=verify-ca"
            "&sslrootcert=%2Fprivate%2F.pem"
        },
        Connection(RDS, "2477", "u", "p", "d", ROOT),
        private_files=[CA],
    ),
    Shape(
        "Aiven for PostgreSQL",
        "vcap",
        vcap(
            "aiven",
            {
                "host": "pg.aivencloud.example",
                "hostname": "pg.aivencloud.example",
                "password": "p",
                "port": "20985",
                "uri": "postgres://avnadmin:p@pg.aivencloud.example:20985/defaultdb"
                "?sslmode=require",
                "user": "avnadmin",
                "username": "avnadmin",
            },
        ),
        {
            "DATABASE_URL": "postgres://avnadmin:p@pg.aivencloud.example:20985/defaultdb"
            "?sslmode=require"
        },
        Connection(
            "pg.aivencloud.example",
            "20985",
            "avnadmin",
            "p",
            "defaultdb",
            {"sslmode": "require"},
        ),
    ),
    Shape(
        "a user's own service with an address that is not quoted",
        "vcap",
        vcap(
            "user-provided",
            {
                "uri": "postgres://app:p#w/d?@db.example/d",
                "host": "db.example",
                "database": "d",
                "username": "app",
                "password": "p#w/d?",
                "scheme": "postgres",
            },
        ),
        {"DATABASE_URL": "postgres://app:p%23w%2Fd%3F@db.example/d"},
        Connection("db.example", "", "app", "p#w/d?", "d"),
    ),
    Shape(
        "a user's own service with Java's address",
        "vcap",
        vcap(
            "user-provided",
            {
                "jdbcUrl": "jdbc:mariadb://db.example:3306/d?user=app&password=p%26w&useSSL=false"
            },
        ),
        {"DATABASE_URL": "mysql://app:p%26w@db.example:3306/d"},
        Connection("db.example", "3306", "app", "p&w", "d"),
    ),
    Shape(
        "a user's own service with the variables of PostgreSQL, at an IPv6 address",
        "vcap",
        vcap(
            "user-provided",
            {"PGHOST": "fd00::1", "PGUSER": "app", "PGPASSWORD": "p", "PGDATABASE": "d"},
        ),
        {"DATABASE_URL": "postgresql://app:p@[fd00::1]/d"},
        Connection("fd00::1", "", "app", "p", "d"),
    ),
    Shape(
        "a database, its copy for reading, and a further one",
        "vcap",
        {
            **vcap("elephantsql", {"uri": "postgres://u:p@reports.example/d"}, name="reports"),
            **vcap("postgres", {"uri": "postgres://u:p@copy.example/d"}, name="orders-replica"),
            **vcap("pg", {"uri": "postgres://u:p@orders.example/d"}, name="default"),
        },
        {
            "DATABASE_URL": "postgres://u:p@orders.example/d",
            "REPORTS_URL": "postgres://u:p@reports.example/d",
            "ORDERS_REPLICA_URL": "postgres://u:p@copy.example/d",
        },
        Connection("orders.example", "", "u", "p", "d"),
        further={
            "REPORTS_URL": Connection("reports.example", "", "u", "p", "d"),
            "ORDERS_REPLICA_URL": Connection("copy.example", "", "u", "p", "d"),
        },
    ),
]

OF_KUBERNETES = [
    Shape(
        "Bitnami's PostgreSQL https://github.com/bitnami/charts/tree/main/bitnami/postgresql",
        "files",
        {
            "shop": {
                "type": "postgresql",
                "provider": "bitnami",
                "host": "shop-postgresql",
                "port": "5432",
                "username": "app",
                "database": "d",
                "password": "p\n",
                "uri": "postgresql://app:p@shop-postgresql:5432/d",
            }
        },
        {"DATABASE_URL": "postgresql://app:p@shop-postgresql:5432/d"},
        Connection("shop-postgresql", "5432", "app", "p", "d"),
    ),
    Shape(
        "Bitnami's MariaDB without the binding, which has only passwords",
        "files",
        {
            "shop": {
                "type": "mariadb",
                "mariadb-password": "p",
                "mariadb-root-password": "r",
            }
        },
        {},
        warnings=["DATABASE_URL is not set: the binding 'shop' has no host and no usable uri."],
    ),
    Shape(
        "CloudNativePG https://cloudnative-pg.io/documentation/current/applications/",
        "files",
        {
            "shop-app": {
                "dbname": "app",
                "fqdn-jdbc-uri": "jdbc:postgresql://shop-rw.default.svc:5432/app?user=app",
                "fqdn-uri": "postgresql://app:p@shop-rw.default.svc:5432/app",
                "host": "shop-rw",
                "jdbc-uri": "jdbc:postgresql://shop-rw.default:5432/app?password=p&user=app",
                "password": "p",
                "pgpass": "shop-rw:5432:app:app:p\n",
                "port": "5432",
                "uri": "postgresql://app:p@shop-rw.default:5432/app",
                "user": "app",
                "username": "app",
            }
        },
        {"DATABASE_URL": "postgresql://app:p@shop-rw.default:5432/app"},
        Connection("shop-rw.default", "5432", "app", "p", "app"),
    ),
    Shape(
        "Crunchy's and Percona's operators for PostgreSQL",
        "files",
        {
            "shop": {
                "type": "postgresql",
                "provider": "crunchy",
                "dbname": "hippo",
                "host": "hippo-primary.postgres-operator.svc",
                "jdbc-uri": "jdbc:postgresql://hippo-primary:5432/hippo?password=p&user=hippo",
                "password": "p@w",
                "pgbouncer-host": "hippo-pgbouncer.postgres-operator.svc",
                "pgbouncer-port": "5432",
                "pgbouncer-uri": "postgresql://hippo:p%40w@hippo-pgbouncer:5432/hippo",
                "port": "5432",
                "uri": "postgresql://hippo:p%40w@hippo-primary.postgres-operator.svc:5432/hippo",
                "user": "hippo",
                "verifier": "SCRAM-SHA-256$4096:x",
            }
        },
        {
            "DATABASE_URL": "postgresql://hippo:p%40w@hippo-primary.postgres-operator.svc:5432/"
            "hippo"
        },
        Connection("hippo-primary.postgres-operator.svc", "5432", "hippo", "p@w", "hippo"),
    ),
    Shape(
        "the specification's MySQL https://servicebinding.io/spec/core/1.1.0/",
        "files",
        {
            "shop": {
                "type": "mysql",
                "provider": "mariadb",
                "host": "fd00::1",
                "port": "3306",
                "database": "d",
                "username": "root",
                "password": " p w ",
            }
        },
        {"DATABASE_URL": "mysql://root:%20p%20w%20@[fd00::1]:3306/d"},
        Connection("fd00::1", "3306", "root", " p w ", "d"),
    ),
    Shape(
        "the keys of Spring Cloud Bindings, with a private CA",
        "files",
        {
            "shop": {
                "type": "postgresql",
                "host": "h",
                "port": "26257",
                "database": "d",
                "username": "u",
                "password": "p",
                "sslmode": "verify-full",
                "sslrootcert": CA,
            }
        },
        {
            "DATABASE_URL": "postgresql://u:p@h:26257/d?sslmode=verify-full"
            "&sslrootcert=%2Fprivate%2F.pem"
        },
        Connection(
            "h",
            "26257",
            "u",
            "p",
            "d",
            {"sslmode": "verify-full", "sslrootcert": "/private/.pem"},
        ),
        private_files=[CA],
    ),
    Shape(
        "Crossplane's connection Secret, for which the user adds the name",
        "files",
        {
            "shop": {
                "type": "postgresql",
                "endpoint": f"{RDS}:5432",
                "username": "u",
                "password": "p",
                "database": "d",
            }
        },
        {"DATABASE_URL": f"postgresql://u:p@{RDS}:5432/d"},
        Connection(RDS, "5432", "u", "p", "d"),
    ),
    Shape(
        "the layout before servicebinding.io, with a socket",
        "files",
        {
            "shop": {
                "metadata": {"kind": "mysql", "provider": "x"},
                "secret": {"host": "/run/mysqld/sock", "db": "d", "user": "u", "password": "p"},
            }
        },
        {"DATABASE_URL": "mysql://u:p@/d?unix_socket=%2Frun%2Fmysqld%2Fsock"},
        Connection("", "", "u", "p", "d", {"unix_socket": "/run/mysqld/sock"}),
    ),
    Shape(
        "PostgreSQL at a socket, as its own library writes the address",
        "files",
        {"shop": {"type": "postgresql", "uri": "postgresql:///d?host=/run/pg&user=u"}},
        {"DATABASE_URL": "postgresql://u@/d?host=%2Frun%2Fpg"},
        Connection("", "", "u", "", "d", {"host": "/run/pg"}),
    ),
    Shape(
        "DigitalOcean's MySQL",
        "files",
        {
            "shop": {
                "type": "mysql",
                "ca_cert": CA,
                "uri": "mysql://doadmin:p@db.ondigitalocean.example:25060/defaultdb"
                "?ssl-mode=REQUIRED",
            }
        },
        {
            "DATABASE_URL": "mysql://doadmin:p@db.ondigitalocean.example:25060/defaultdb"
            "?read_default_file=%2Fprivate%2F.cnf"
        },
        Connection(
            "db.ondigitalocean.example", "25060", "doadmin", "p", "defaultdb", OPTION_FILE
        ),
        private_files=[CA, OF_CA],
    ),
]

OF_OLDER_PLATFORMS = [
    Shape(
        "cloudControl's MySQLs",
        "cred_file",
        {
            "MYSQLS": {
                "MYSQLS_DATABASE": "depabc",
                "MYSQLS_HOSTNAME": "mysqlsdb.example",
                "MYSQLS_PORT": "3306",
                "MYSQLS_USERNAME": "depabc",
                "MYSQLS_PASSWORD": "p",
            },
            "CONFIG": {"CONFIG_VARS": {"DEBUG": "1"}},
        },
        {"DATABASE_URL": "mysql://depabc:p@mysqlsdb.example:3306/depabc"},
        Connection("mysqlsdb.example", "3306", "depabc", "p", "depabc"),
    ),
    Shape(
        "cloudControl's MySQLd",
        "cred_file",
        {
            "MYSQLD": {
                "MYSQLD_DATABASE": "d",
                "MYSQLD_HOST": "mysqld.example",
                "MYSQLD_PORT": "3306",
                "MYSQLD_USER": "u",
                "MYSQLD_PASSWORD": "p",
                "MYSQLD_URL": "mysql://u:p@mysqld.example:3306/d",
            }
        },
        {"DATABASE_URL": "mysql://u:p@mysqld.example:3306/d"},
        Connection("mysqld.example", "3306", "u", "p", "d"),
    ),
    Shape(
        "cloudControl's ElephantSQL",
        "cred_file",
        {"ELEPHANTSQL": {"ELEPHANTSQL_URL": "postgres://u:p@babar.elephantsql.example:5432/u"}},
        {"DATABASE_URL": "postgres://u:p@babar.elephantsql.example:5432/u"},
        Connection("babar.elephantsql.example", "5432", "u", "p", "u"),
    ),
    Shape(
        "dotCloud's MySQL",
        "dotcloud",
        {
            "DOTCLOUD_PROJECT": "ramen",
            "DOTCLOUD_ENVIRONMENT": "default",
            "DOTCLOUD_SERVICE_NAME": "www",
            "DOTCLOUD_SERVICE_ID": "0",
            "DOTCLOUD_DB_MYSQL_URL": "mysql://root:p@ramen-db-0.dotcloud.example:17473",
            "DOTCLOUD_DB_MYSQL_HOST": "ramen-db-0.dotcloud.example",
            "DOTCLOUD_DB_MYSQL_PORT": "17473",
            "DOTCLOUD_DB_MYSQL_LOGIN": "root",
            "DOTCLOUD_DB_MYSQL_PASSWORD": "p",
        },
        {"DATABASE_URL": "mysql://root:p@ramen-db-0.dotcloud.example:17473/ramen"},
        Connection("ramen-db-0.dotcloud.example", "17473", "root", "p", "ramen"),
    ),
    Shape(
        "dotCloud's PostgreSQL",
        "dotcloud",
        {
            "DOTCLOUD_PROJECT": "ramen",
            "DOTCLOUD_DB_SQL_URL": "pgsql://root:p@ramen-db-0.dotcloud.example:9146",
            "DOTCLOUD_DB_SQL_HOST": "ramen-db-0.dotcloud.example",
            "DOTCLOUD_DB_SQL_PORT": 9146,
            "DOTCLOUD_DB_SQL_LOGIN": "root",
            "DOTCLOUD_DB_SQL_PASSWORD": "p",
        },
        {"DATABASE_URL": "postgresql://root:p@ramen-db-0.dotcloud.example:9146/ramen"},
        Connection("ramen-db-0.dotcloud.example", "9146", "root", "p", "ramen"),
    ),
]
SHAPES = [*OF_CLOUD_FOUNDRY, *OF_KUBERNETES, *OF_OLDER_PLATFORMS]
