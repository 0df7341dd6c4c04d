"""Mail servers, object storages and search engines."""

from __future__ import annotations

from unit.runtime.bound_services.shapes import Connection, Shape, vcap

CA = "-----BEGIN CERTIFICATE-----\nSGFyYm91cg==\n-----END CERTIFICATE-----\n"


def email(
    url: str,
    host: str,
    port: str,
    user: str = "",
    password: str = "",
    way: str = "EMAIL_USE_TLS",
    **further: str,
) -> tuple[dict[str, str], Connection]:
    """Return the variables of a mail server, and what the libraries read from EMAIL_URL."""
    encrypted = {way: "True"} if way else {}
    login = {"EMAIL_HOST_USER": user, "EMAIL_HOST_PASSWORD": password} if user else {}
    server = {"EMAIL_URL": url, "EMAIL_HOST": host, "EMAIL_PORT": port}
    return (
        {**server, **login, **encrypted, **further},
        Connection(host, port, user, password, options=encrypted),
    )


def s3(
    key: str, secret: str, region: str = "", endpoint: str = "", **more: str
) -> dict[str, str]:
    """Return the variables of an object storage."""
    found = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_S3_REGION_NAME": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_S3_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        **more,
    }
    return {name: value for name, value in found.items() if value}


MAIL = [
    Shape(
        "SendGrid https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html",
        "vcap",
        vcap(
            "sendgrid",
            {"hostname": "smtp.sendgrid.net", "username": "QvsXMbJ3rK", "password": "p@s/w#rd"},
            "smtp",
            "Email",
        ),
        *email(
            "smtp://QvsXMbJ3rK:p%40s%2Fw%23rd@smtp.sendgrid.net:587?tls=True&EMAIL_USE_TLS=True",
            "smtp.sendgrid.net",
            "587",
            "QvsXMbJ3rK",
            "p@s/w#rd",
        ),
    ),
    Shape(
        "SendGrid of cloudControl, which passes no host",
        "cred_file",
        {
            "SENDGRID": {
                "SENDGRID_USERNAME": "app1@example.com",
                "SENDGRID_PASSWORD": "geheim",
            }
        },
        *email(
            "smtp://app1%40example.com:geheim@smtp.sendgrid.net:587?tls=True&EMAIL_USE_TLS=True",
            "smtp.sendgrid.net",
            "587",
            "app1@example.com",
            "geheim",
        ),
    ),
    Shape(
        "SendGrid with only a key of its API, as the user `apikey`",
        "vcap",
        vcap("user-provided", {"api_key": "SG.x-y_z.q"}, name="sendgrid"),
        *email(
            "smtp://apikey:SG.x-y_z.q@smtp.sendgrid.net:587?tls=True&EMAIL_USE_TLS=True",
            "smtp.sendgrid.net",
            "587",
            "apikey",
            "SG.x-y_z.q",
        ),
    ),
    Shape(
        "Mailgun https://devcenter.heroku.com/articles/mailgun",
        "cred_file",
        {
            "MAILGUN": {
                "MAILGUN_API_KEY": "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
                "MAILGUN_DOMAIN": "app1234.mailgun.org",
                "MAILGUN_SMTP_LOGIN": "postmaster@app1234.mailgun.org",
                "MAILGUN_SMTP_PASSWORD": "8ghj+k/l=",
                "MAILGUN_SMTP_PORT": "587",
                "MAILGUN_SMTP_SERVER": "smtp.mailgun.org",
            }
        },
        *email(
            "smtp://postmaster%40app1234.mailgun.org:8ghj%2Bk%2Fl%3D@smtp.mailgun.org:587"
            "?tls=True&EMAIL_USE_TLS=True",
            "smtp.mailgun.org",
            "587",
            "postmaster@app1234.mailgun.org",
            "8ghj+k/l=",
        ),
    ),
    Shape(
        "Mailgun with only a key of its API, which is no password of a mail server",
        "vcap",
        vcap("mailgun", {"api_key": "key-3ax6xnjp29", "domain": "mg.example.com"}),
        {},
        warnings=["EMAIL_URL is not set: the binding 'shop' has no host and no usable uri."],
    ),
    Shape(
        "Postmark, whose token is both the user and the password",
        "vcap",
        vcap("postmark", {"api_token": "b0c1-d2e3", "smtp_server": "smtp.postmarkapp.com"}),
        *email(
            "smtp://b0c1-d2e3:b0c1-d2e3@smtp.postmarkapp.com:587?tls=True&EMAIL_USE_TLS=True",
            "smtp.postmarkapp.com",
            "587",
            "b0c1-d2e3",
            "b0c1-d2e3",
        ),
    ),
    Shape(
        "SparkPost https://devcenter.heroku.com/articles/sparkpost",
        "vcap",
        vcap(
            "sparkpost",
            {
                "api_key": "14ac5499cfdd2bb2",
                "api_url": "https://api.sparkpost.com/api/v1/",
                "smtp_host": "smtp.sparkpostmail.com",
                "smtp_port": 587,
                "smtp_username": "SMTP_Injection",
                "smtp_password": "14ac5499cfdd2bb2",
            },
        ),
        *email(
            "smtp://SMTP_Injection:14ac5499cfdd2bb2@smtp.sparkpostmail.com:587"
            "?tls=True&EMAIL_USE_TLS=True",
            "smtp.sparkpostmail.com",
            "587",
            "SMTP_Injection",
            "14ac5499cfdd2bb2",
        ),
    ),
    Shape(
        "Mandrill, whose password is the key of its API",
        "cred_file",
        {"MANDRILL": {"MANDRILL_USERNAME": "app1@example.com", "MANDRILL_APIKEY": "Xy_1-2"}},
        *email(
            "smtp://app1%40example.com:Xy_1-2@smtp.mandrillapp.com:587"
            "?tls=True&EMAIL_USE_TLS=True",
            "smtp.mandrillapp.com",
            "587",
            "app1@example.com",
            "Xy_1-2",
        ),
    ),
    Shape(
        "Mailtrap https://docs.mailtrap.io/email-api-smtp/setup/smtp-integration",
        "files",
        {
            "mail": {
                "type": "mailtrap",
                "host": "sandbox.smtp.mailtrap.io\n",
                "port": "2525\n",
                "username": "1a2b3c\n",
                "password": " with space \n",
            }
        },
        *email(
            "smtp://1a2b3c:%20with%20space%20@sandbox.smtp.mailtrap.io:2525"
            "?tls=True&EMAIL_USE_TLS=True",
            "sandbox.smtp.mailtrap.io",
            "2525",
            "1a2b3c",
            " with space ",
        ),
    ),
    Shape(
        "Amazon SES https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html",
        "vcap",
        vcap(
            "aws-ses",
            {
                "smtp_server": "email-smtp.us-gov-west-1.amazonaws.com",
                "smtp_user": "AKIAIOSFODNN7EXAMPLE",
                "smtp_password": "BMx+W/0=",
                "port": "2465",
                "from": "no-reply@example.com",
                "region": "us-gov-west-1",
            },
        ),
        *email(
            "smtp://AKIAIOSFODNN7EXAMPLE:BMx%2BW%2F0%3D"
            "@email-smtp.us-gov-west-1.amazonaws.com:2465?ssl=True&EMAIL_USE_SSL=True",
            "email-smtp.us-gov-west-1.amazonaws.com",
            "2465",
            "AKIAIOSFODNN7EXAMPLE",
            "BMx+W/0=",
            "EMAIL_USE_SSL",
            DEFAULT_FROM_EMAIL="no-reply@example.com",
        ),
    ),
    Shape(
        "Amazon SES with keys of IAM, which are no login of a mail server",
        "vcap",
        vcap(
            "csb-aws-ses",
            {
                "access_key_id": "AKIAIOSFODNN7EXAMPLE",
                "secret_access_key": "wJalrXUtnFEMI/K7MDENG",
                "smtp_server": "email-smtp.eu-west-1.amazonaws.com",
                "smtp_user": "AKIAIOSFODNN7EXAMPLE",
            },
        ),
        {},
        warnings=["EMAIL_URL is not set: the binding 'shop' has no password."],
    ),
    Shape(
        "a user's own service with the settings of Laravel",
        "vcap_file",
        vcap(
            "user-provided",
            {
                "MAIL_HOST": "mail.example.com",
                "MAIL_PORT": "465",
                "MAIL_USERNAME": "shop",
                "MAIL_PASSWORD": "ä€",
                "MAIL_ENCRYPTION": "tls",
            },
            name="mail",
        ),
        *email(
            "smtp://shop:%C3%A4%E2%82%AC@mail.example.com:465?ssl=True&EMAIL_USE_SSL=True",
            "mail.example.com",
            "465",
            "shop",
            "ä€",
            "EMAIL_USE_SSL",
        ),
    ),
    Shape(
        "a user's own service, recognized by its address",
        "vcap",
        vcap("user-provided", {"uri": "smtp://shop:pass%20word@mail.example.com"}),
        *email(
            "smtp://shop:pass%20word@mail.example.com:587?tls=True&EMAIL_USE_TLS=True",
            "mail.example.com",
            "587",
            "shop",
            "pass word",
        ),
    ),
    Shape(
        "a user's own service with implicit TLS, and an IPv6 address",
        "vcap",
        vcap("user-provided", {"url": "smtps://shop:pw@[2001:db8::25]"}),
        *email(
            "smtp://shop:pw@[2001:db8::25]:465?ssl=True&EMAIL_USE_SSL=True",
            "2001:db8::25",
            "465",
            "shop",
            "pw",
            "EMAIL_USE_SSL",
        ),
    ),
    Shape(
        "a relay inside a cluster, without a login",
        "files",
        {"relay": {"type": "smtp", "provider": "postfix", "host": "postfix.mail.svc"}},
        *email("smtp://postfix.mail.svc:25", "postfix.mail.svc", "25", way=""),
    ),
    Shape(
        "dotCloud's SMTP service http://docs.dotcloud.com/0.9/services/smtp/",
        "dotcloud",
        {
            "DOTCLOUD_PROJECT": "ramen",
            "DOTCLOUD_MAILER_SMTP_HOST": "mailer-12345.dotcloud.com",
            "DOTCLOUD_MAILER_SMTP_PORT": "1234",
            "DOTCLOUD_MAILER_SMTP_LOGIN": "dotcloud",
            "DOTCLOUD_MAILER_SMTP_PASSWORD": "geheim",
        },
        *email(
            "smtp://dotcloud:geheim@mailer-12345.dotcloud.com:1234?tls=True&EMAIL_USE_TLS=True",
            "mailer-12345.dotcloud.com",
            "1234",
            "dotcloud",
            "geheim",
        ),
    ),
    Shape(
        "a mail server with a private CA, and one without encryption",
        "files",
        {
            "default": {
                "type": "email",
                "host": "mail.internal",
                "port": "587",
                "username": "u",
                "password": "p",
                "ca.crt": CA,
            },
            "test-mail": {
                "type": "email",
                "host": "mailpit",
                "port": "1025",
                "username": "u",
                "password": "p",
                "tls": "false",
            },
        },
        {
            **email(
                "smtp://u:p@mail.internal:587?tls=True&EMAIL_USE_TLS=True",
                "mail.internal",
                "587",
                "u",
                "p",
            )[0],
            "EMAIL_CA_FILE": "/private/.pem",
            "TEST_MAIL_URL": "smtp://u:p@mailpit:1025",
        },
        Connection("mail.internal", "587", "u", "p", options={"EMAIL_USE_TLS": "True"}),
        further={"TEST_MAIL_URL": Connection("mailpit", "1025", "u", "p")},
        private_files=[CA],
    ),
    Shape(
        "a mail server whose password the user has set",
        "vcap",
        vcap("sendgrid", {"hostname": "h", "username": "u", "password": "p"}),
        {"SHOP_URL": "smtp://u:p@h:587?tls=True&EMAIL_USE_TLS=True"},
        Connection("h", "587", "u", "p", options={"EMAIL_USE_TLS": "True"}),
        environment={"EMAIL_HOST_PASSWORD": "mine"},
    ),
]

STORAGES = [
    Shape(
        "cloud.gov's S3 https://docs.cloud.gov/platform/services/s3/",
        "vcap",
        vcap(
            "s3",
            {
                "uri": "s3://AKIDEXAMPLE:wJal%2FK7@s3-us-gov-west-1.amazonaws.com/cg-123",
                "insecure_skip_verify": False,
                "access_key_id": "AKIDEXAMPLE",
                "secret_access_key": "wJal/K7",
                "region": "us-gov-west-1",
                "bucket": "cg-123",
                "endpoint": "s3-us-gov-west-1.amazonaws.com",
                "fips_endpoint": "s3-fips.us-gov-west-1.amazonaws.com",
                "additional_buckets": [],
            },
            "AWS",
            "S3",
            "object-storage",
        ),
        s3("AKIDEXAMPLE", "wJal/K7", "us-gov-west-1", AWS_STORAGE_BUCKET_NAME="cg-123"),
    ),
    Shape(
        "csb-aws-s3-bucket https://github.com/cloudfoundry/csb-brokerpak-aws",
        "vcap",
        vcap(
            "csb-aws-s3-bucket",
            {
                "access_key_id": "AKIDEXAMPLE",
                "arn": "arn:aws:s3:::csb-1",
                "bucket_domain_name": "csb-1.s3.amazonaws.com",
                "bucket_name": "csb-1",
                "region": "us-west-2",
                "secret_access_key": "wJal/K7",
            },
            "aws",
            "s3",
        ),
        s3("AKIDEXAMPLE", "wJal/K7", "us-west-2", AWS_STORAGE_BUCKET_NAME="csb-1"),
    ),
    Shape(
        "SAP Object Store on AWS https://help.sap.com/docs/object-store",
        "vcap",
        vcap(
            "objectstore",
            {
                "access_key_id": "AKIDEXAMPLE",
                "bucket": "hcp-1",
                "host": "s3-eu-central-1.amazonaws.com",
                "region": "eu-central-1",
                "secret_access_key": "wJal/K7",
                "uri": "s3://AKIDEXAMPLE:wJal/K7@s3-eu-central-1.amazonaws.com/hcp-1",
                "username": "hcp-user",
            },
            "blobStore",
            "objectStore",
        ),
        s3("AKIDEXAMPLE", "wJal/K7", "eu-central-1", AWS_STORAGE_BUCKET_NAME="hcp-1"),
    ),
    Shape(
        "SAP Object Store on Google Cloud, which has no keys for S3",
        "vcap",
        vcap(
            "objectstore",
            {
                "base64EncodedPrivateKeyData": "e30=",
                "bucket": "sap-1",
                "projectId": "p",
                "region": "europe-west3",
                "uri": "gs://sap-1",
            },
        ),
        {},
        warnings=["AWS_ACCESS_KEY_ID is not set: the binding 'shop' has no access key for S3."],
    ),
    Shape(
        "Swisscom https://docs.developer.swisscom.com/service-offerings/dynamic-storage.html",
        "vcap",
        vcap(
            "dynstrg",
            {
                "accessHost": "ds11s3.swisscom.com",
                "namespaceHost": "n.ds11s3ns.swisscom.com",
                "accessKeyID": "n-account",
                "secretAccessKey": "abc",
            },
        ),
        s3("n-account", "abc", endpoint="https://ds11s3.swisscom.com"),
    ),
    Shape(
        "Swisscom, the names of the older service",
        "vcap",
        vcap(
            "dynstrg",
            {"accessHost": "ds31s3.swisscom.com", "accessKey": "k", "sharedSecret": "abc"},
        ),
        s3("k", "abc", endpoint="https://ds31s3.swisscom.com"),
    ),
    Shape(
        "Dell ECS https://github.com/emccode/ecs-cf-service-broker",
        "vcap",
        vcap(
            "ecs-bucket",
            {
                "accessKey": "ecs-1",
                "bucket": "ecs-bucket-1",
                "endpoint": "http://10.5.5.5:9020",
                "path-style-access": True,
                "s3Url": "http://ecs-1:abc@10.5.5.5:9020/ecs-bucket-1",
                "secretKey": "abc",
            },
        ),
        s3(
            "ecs-1",
            "abc",
            endpoint="http://10.5.5.5:9020",
            AWS_STORAGE_BUCKET_NAME="ecs-bucket-1",
        ),
    ),
    Shape(
        "IBM Cloud Object Storage, with HMAC keys and no endpoint",
        "vcap",
        vcap(
            "cloud-object-storage",
            {
                "apikey": "x",
                "cos_hmac_keys": {"access_key_id": "0a1b", "secret_access_key": "2c3d"},
                "endpoints": "https://control.cloud-object-storage.cloud.ibm.com/v2/endpoints",
                "iam_role_crn": "crn:v1:bluemix:public:iam::::serviceRole:Writer",
            },
        ),
        s3("0a1b", "2c3d"),
        warnings=[
            (
                "The binding 'shop' does not say where its buckets are. Set "
                "AWS_S3_ENDPOINT_URL and AWS_ENDPOINT_URL_S3 to the endpoint of their region."
            )
        ],
    ),
    Shape(
        "Rook's ObjectBucketClaim https://rook.io/docs/rook/latest/Storage-Configuration/Object-Storage-RGW/ceph-object-bucket-claim/",
        "files",
        {
            "media": {
                "type": "s3",
                "provider": "ceph",
                "AWS_ACCESS_KEY_ID": "0RK",
                "AWS_SECRET_ACCESS_KEY": "wJal",
                "BUCKET_HOST": "rook-ceph-rgw-my-store.rook-ceph.svc",
                "BUCKET_NAME": "ceph-bkt-1",
                "BUCKET_PORT": "80",
                "BUCKET_REGION": "",
            }
        },
        s3(
            "0RK",
            "wJal",
            endpoint="http://rook-ceph-rgw-my-store.rook-ceph.svc",
            AWS_STORAGE_BUCKET_NAME="ceph-bkt-1",
        ),
    ),
    Shape(
        "MinIO with a private CA",
        "files",
        {
            "minio": {
                "type": "minio",
                "host": "minio.minio.svc",
                "port": "9000",
                "accesskey": "k",
                "secretkey": "s",
                "ca.crt": CA,
            }
        },
        s3("k", "s", endpoint="https://minio.minio.svc:9000", AWS_CA_BUNDLE="/private/.pem"),
        private_files=[CA],
    ),
    Shape(
        "Cloudcube https://devcenter.heroku.com/articles/cloudcube",
        "cred_file",
        {
            "CLOUDCUBE": {
                "CLOUDCUBE_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "CLOUDCUBE_SECRET_ACCESS_KEY": "wJal",
                "CLOUDCUBE_URL": "https://cloud-cube-eu.s3.amazonaws.com/rmjvp1j5",
            }
        },
        s3(
            "AKIDEXAMPLE",
            "wJal",
            AWS_STORAGE_BUCKET_NAME="cloud-cube-eu",
            AWS_LOCATION="rmjvp1j5",
        ),
    ),
    Shape(
        "Bucketeer https://devcenter.heroku.com/articles/bucketeer",
        "cred_file",
        {
            "BUCKETEER": {
                "BUCKETEER_AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "BUCKETEER_AWS_SECRET_ACCESS_KEY": "wJal",
                "BUCKETEER_AWS_REGION": "us-east-1",
                "BUCKETEER_BUCKET_NAME": "bucketeer-1",
            }
        },
        s3("AKIDEXAMPLE", "wJal", "us-east-1", AWS_STORAGE_BUCKET_NAME="bucketeer-1"),
    ),
    Shape(
        "a user's own service with only an address",
        "vcap",
        vcap("user-provided", {"uri": "s3://key:se%2Fcret@s3.example.com:8443/media"}),
        s3(
            "key",
            "se/cret",
            endpoint="https://s3.example.com:8443",
            AWS_STORAGE_BUCKET_NAME="media",
        ),
    ),
    Shape(
        "a user's own service with the names of AWS, recognized by them",
        "vcap",
        vcap(
            "user-provided",
            {"access_key_id": "k", "secret_access_key": "s", "bucket": "media"},
        ),
        s3("k", "s", AWS_STORAGE_BUCKET_NAME="media"),
    ),
    Shape(
        "temporary keys of AWS, and the address of a bucket",
        "vcap",
        vcap(
            "user-provided",
            {
                "access_key_id": "ASIA",
                "secret_access_key": "wJal",
                "session_token": "IQoJ",
                "url": "s3://media/files",
                "region": "eu-west-1",
            },
        ),
        s3(
            "ASIA",
            "wJal",
            "eu-west-1",
            AWS_SESSION_TOKEN="IQoJ",  # noqa: S106
            AWS_STORAGE_BUCKET_NAME="media",
        ),
    ),
]

SEARCH_ENGINES = [
    Shape(
        "Searchly, whose second address is encrypted",
        "vcap",
        vcap(
            "searchly",
            {
                "uri": "http://paas:abc@dwalin-us-east-1.searchly.com",
                "sslUri": "https://paas:abc@dwalin-us-east-1.searchly.com",
            },
        ),
        {"ELASTICSEARCH_URL": "https://paas:abc@dwalin-us-east-1.searchly.com:443"},
        Connection("dwalin-us-east-1.searchly.com", "443", "paas", "abc"),
    ),
    Shape(
        "Bonsai https://docs.bonsai.io/docs/heroku",
        "cred_file",
        {"BONSAI": {"BONSAI_URL": "https://user:p%40ss@shop-1.eu-west-1.bonsaisearch.net"}},
        {"ELASTICSEARCH_URL": "https://user:p%40ss@shop-1.eu-west-1.bonsaisearch.net:443"},
        Connection("shop-1.eu-west-1.bonsaisearch.net", "443", "user", "p@ss"),
    ),
    Shape(
        "Elastic Cloud's ID https://www.elastic.co/docs/deploy-manage/deploy/elastic-cloud/find-cloud-id",
        "vcap",
        vcap(
            "user-provided",
            {
                "cloud_id": "shop:ZXVyb3BlLmV4YW1wbGUkYWJjZGVmJGtpYmFuYQ==",
                "username": "elastic",
                "password": "a:b",
            },
            name="elasticsearch",
        ),
        {"ELASTICSEARCH_URL": "https://elastic:a%3Ab@abcdef.europe.example:443"},
        Connection("abcdef.europe.example", "443", "elastic", "a:b"),
    ),
    Shape(
        "Elastic's operator for Kubernetes https://www.elastic.co/docs/deploy-manage/users-roles/cluster-or-deployment-auth/managed-credentials-eck",
        "files",
        {
            "search": {
                "type": "elasticsearch",
                "host": "quickstart-es-http.default.svc",
                "port": "9200",
                "elastic": "8x7w",
                "ca.crt": CA,
                "tls.crt": CA,
            }
        },
        {
            "ELASTICSEARCH_URL": "https://elastic:8x7w@quickstart-es-http.default.svc:9200",
            "ELASTICSEARCH_CA_FILE": "/private/.pem",
        },
        Connection("quickstart-es-http.default.svc", "9200", "elastic", "8x7w"),
        private_files=[CA],
    ),
    Shape(
        "Swisscom https://docs.developer.swisscom.com/service-offerings/elasticsearch.html",
        "vcap",
        vcap(
            "elasticsearch",
            {
                "full_access_password": "sBBp",
                "full_access_username": "eslB",
                "host": "https://d15c.elasticsearch.lyra-836.appcloud.swisscom.com",
                "kibana_read_only_password": "v1ZN",
                "kibana_read_only_username": "kro7",
            },
        ),
        {
            "ELASTICSEARCH_URL": "https://eslB:sBBp"
            "@d15c.elasticsearch.lyra-836.appcloud.swisscom.com:443"
        },
        Connection("d15c.elasticsearch.lyra-836.appcloud.swisscom.com", "443", "eslB", "sBBp"),
    ),
    Shape(
        "a9s Elasticsearch, which lists its hosts",
        "vcap",
        vcap(
            "a9s-elasticsearch7",
            {
                "host": ["EXAMPLE-HOST-0", "EXAMPLE-HOST-1"],
                "hosts": ["EXAMPLE-HOST-0", "EXAMPLE-HOST-1"],
                "password": "EXAMPLE",
                "port": 9200,
                "scheme": "https",
                "username": "a9s",
                "cacrt": CA.replace("\n", "\\n"),
            },
            "searchengine",
        ),
        {
            "ELASTICSEARCH_URL": "https://a9s:EXAMPLE@EXAMPLE-HOST-0:9200",
            "ELASTICSEARCH_CA_FILE": "/private/.pem",
        },
        Connection("example-host-0", "9200", "a9s", "EXAMPLE"),
        private_files=[CA],
    ),
    Shape(
        "IBM Databases for Elasticsearch",
        "vcap",
        vcap(
            "databases-for-elasticsearch",
            {
                "connection": {
                    "https": {
                        "authentication": {"username": "ibm_1", "password": "pw"},
                        "certificate": {"certificate_base64": "", "name": "1234"},
                        "composed": ["https://ibm_1:pw@a.databases.appdomain.cloud:31525"],
                        "hosts": [{"hostname": "a.databases.appdomain.cloud", "port": 31525}],
                        "scheme": "https",
                    }
                }
            },
        ),
        {"ELASTICSEARCH_URL": "https://ibm_1:pw@a.databases.appdomain.cloud:31525"},
        Connection("a.databases.appdomain.cloud", "31525", "ibm_1", "pw"),
    ),
    Shape(
        "cloud.gov's OpenSearch, whose requests are signed https://docs.cloud.gov/platform/services/aws-elasticsearch/",
        "vcap",
        vcap(
            "aws-elasticsearch",
            {
                "access_key": "AKIDEXAMPLE",
                "secret_key": "wJal",
                "host": "vpc-1.us-gov-west-1.es.amazonaws.com",
                "port": "443",
                "uri": "https://vpc-1.us-gov-west-1.es.amazonaws.com",
            },
            "opensearch",
        ),
        {"ELASTICSEARCH_URL": "https://vpc-1.us-gov-west-1.es.amazonaws.com:443"},
        Connection("vpc-1.us-gov-west-1.es.amazonaws.com", "443"),
    ),
    Shape(
        "an OpenSearch behind a path, and an Elasticsearch without a login",
        "files",
        {
            "search": {"type": "opensearch", "uri": "https://u:p@logs.example.com/es/"},
            "old": {"metadata": {"kind": "elasticsearch"}, "secret": {"host": "es.svc"}},
        },
        {
            "OPENSEARCH_URL": "https://u:p@logs.example.com:443/es",
            "ELASTICSEARCH_URL": "http://es.svc:9200",
        },
        Connection("logs.example.com", "443", "u", "p", "es"),
        further={"ELASTICSEARCH_URL": Connection("es.svc", "9200")},
    ),
]

SHAPES = [*MAIL, *STORAGES, *SEARCH_ENGINES]
